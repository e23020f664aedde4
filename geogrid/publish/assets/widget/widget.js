// The what-if widget: it sends what the sliders ask, and shows what the kernel answers.

import { openChart } from './chart.js';
import { make, openFigures, openSliders, speech, standing } from './panel.js';
import { ints } from './survey.js';

// a question a moment while somebody drags, and the last one for certain
const PAUSE_MS = 90;
const TIP_PX = 14;
const THEMES = ['grids', 'deviation'];

function button(name, act) {
  const element = make('button', name);
  element.type = 'button';
  element.addEventListener('click', act);
  return element;
}

/** Everything that one view shows, and the elements it is made of. */
function build(scene, ask, model) {
  const at = { theme: 'grids', tip: null, timer: 0, sent: 0, dials: null };
  const title = make('h3', 'gt-title');
  const lead = make('p', 'gt-lead');
  const marks = make('p', 'gt-marks');
  const language = button('gt-quiet', () => {
    model.set('language', model.get('language') === 'zh' ? 'en' : 'zh');
    model.save_changes();
  });
  const head = make('header', 'gt-head', make('div', '', title, lead), language);

  const field = make('div', 'gt-map');
  const tip = make('div', 'gt-tip');
  tip.hidden = true;
  const tools = make('div', 'gt-tools');
  const spoken = make('p', 'gt-hidden');
  spoken.setAttribute('aria-live', 'polite');
  const themes = make('div', 'gt-themes');
  themes.setAttribute('role', 'group');
  const legend = make('div', 'gt-legend');
  const hint = make('p', 'gt-keys');

  const state = make('p', 'gt-state');
  state.setAttribute('role', 'status');
  const why = make('p', 'gt-why');
  const target = make('p', 'gt-target');
  const kept = make('p', 'gt-kept');
  kept.setAttribute('role', 'status');
  const sliders = openSliders(scene, (name, value, isDone) => {
    at.dials = { ...(at.dials ?? model.get('asked').dials), [name]: value };
    ask(at, isDone);
  });
  const figures = openFigures(scene);
  const restore = button('gt-button', () => {
    at.dials = { ...scene.dials };
    ask(at, true);
  });
  const keep = button('gt-button gt-main', () => model.send({ do: 'keep' }));
  const buttons = make('div', 'gt-buttons', restore, keep);
  const side = make(
    'div',
    'gt-side',
    make('div', 'gt-known', state, why, buttons, kept),
    make('div', 'gt-turn', sliders.box, target),
  );
  const under = make('div', 'gt-under', themes, legend);
  const sketch = make('div', 'gt-sketch', field, under, figures.list, hint);
  const root = make('section', 'gt-try', head, make('div', 'gt-body', sketch, side), marks, spoken);
  // JupyterLab would take n, p, c and 0 0 for commands of its own
  root.dataset.lmSuppressShortcuts = 'true';
  // and arrow keys for moves from cell to cell
  root.addEventListener('keydown', (event) => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  });
  const parts = { root, title, lead, marks, language, field, tip, tools, spoken, themes, legend };
  return { at, ...parts, hint, state, why, target, kept, sliders, figures, restore, keep };
}

/** What stands beside the pointer, line by line. */
function linesOf(scene, told, sketch, own, yard) {
  const { say, number, signed } = told;
  const grid = sketch.labels[yard];
  const from = sketch.carries[grid];
  const households = sketch.grids.households[grid];
  const off = `${signed(100 * (households / scene.target - 1), 0)} %`;
  const facts = { households: number(households), deviation: off };
  const walk = {
    mean: number(sketch.grids.walk_mean_m[grid]),
    most: number(sketch.grids.walk_max_m[grid]),
  };
  const name = scene.courtyards.names[yard];
  const lines = [
    from < 0 ? say('new_grid') : say('carries', { name: scene.grids.names[from] }),
    say('grid_line', { ...facts, courtyards: number(sketch.grids.n_courtyards[grid]) }),
    say('walk_line', walk),
    say('yard_line', { name, households: number(own.households[yard]) }),
  ];
  if (sketch.moved[yard]) lines.push(say('was_in', { name: scene.grids.names[own.labels[yard]] }));
  return lines;
}

function render({ model, el }) {
  const scene = model.get('scene');
  const own = { households: ints(scene.courtyards.households), labels: ints(scene.labels) };
  let told = speech(scene, model.get('language'));
  let sketch = null;
  let picture = null;

  const send = (at) => {
    clearTimeout(at.timer);
    at.timer = 0;
    if (!at.dials) return;
    const number = model.get('asked').number + 1;
    model.set('asked', { number, dials: at.dials });
    at.dials = null;
    at.sent = performance.now();
    model.save_changes();
  };
  const ask = (at, isDone) => {
    shown.sliders.show(at.dials, told);
    if (isDone) send(at);
    else if (!at.timer) at.timer = setTimeout(() => send(at), PAUSE_MS);
  };
  const shown = build(scene, ask, model);
  const { at, field, tip } = shown;

  const point = (yard, x, y, isByKey) => {
    at.tip = yard < 0 ? null : { yard, x, y };
    const lines = placeTip();
    if (isByKey) shown.spoken.textContent = lines.join('; ');
  };
  const chart = openChart(field, scene, point);
  field.style.setProperty('--gt-tall', chart.tall);
  field.append(tip, shown.tools);

  function placeTip() {
    tip.hidden = at.tip === null;
    if (at.tip === null) return [];
    const { yard, x, y } = at.tip;
    const [first, ...lines] = linesOf(scene, told, sketch, own, yard);
    tip.replaceChildren(make('strong', '', first), ...lines.map((line) => make('div', '', line)));
    const isRight = x + tip.offsetWidth + 2 * TIP_PX > field.clientWidth;
    const left = isRight ? x - tip.offsetWidth - TIP_PX : x + TIP_PX;
    const top = Math.min(y + TIP_PX, field.clientHeight - tip.offsetHeight - 4);
    tip.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
    return [first, ...lines];
  }

  function words() {
    const { say, number } = told;
    shown.root.lang = told.language === 'zh' ? 'zh-CN' : 'en';
    shown.title.textContent = say('title', { name: scene.name });
    shown.lead.textContent = say('lead');
    shown.marks.textContent = [say('internal'), scene.synthetic ? say('synthetic') : '']
      .filter(Boolean)
      .join(' · ');
    shown.language.textContent = say('language');
    shown.language.title = say('language_title');
    shown.language.setAttribute('aria-label', say('language_title'));
    shown.target.textContent = say('target', { target: number(scene.target, 1) });
    shown.restore.textContent = say('restore');
    shown.keep.textContent = say('keep');
    shown.hint.textContent = say('hint');
    chart.canvas.setAttribute('aria-label', say('map'));
    shown.themes.setAttribute('aria-label', say('theme'));
    shown.themes.replaceChildren(
      ...THEMES.map((theme) => {
        const choice = button('gt-choice', () => {
          at.theme = theme;
          chart.colour(theme);
          words();
        });
        choice.textContent = say(`theme_${theme}`);
        choice.setAttribute('aria-pressed', String(at.theme === theme));
        return choice;
      }),
    );
    const tool = (name, sign, act) => {
      const element = button('gt-tool', act);
      element.textContent = sign;
      element.title = say(name);
      element.setAttribute('aria-label', say(name));
      return element;
    };
    shown.tools.replaceChildren(
      tool('zoom_in', '+', chart.zoomIn),
      tool('zoom_out', '−', chart.zoomOut),
      tool('whole', '⤢', chart.fit),
    );
    legend();
  }

  function legend() {
    const { say, signed } = told;
    const key = (name, text) => make('span', 'gt-key', make('i', `gt-swatch ${name}`), text);
    const keys = [
      key('gt-moved', say('legend_moved')),
      key('gt-line-town', say('legend_community')),
    ];
    if (at.theme === 'deviation') {
      const { breaks, colours } = scene.deviation;
      const limits = breaks.map((limit) => `${signed(100 * limit, 0)} %`);
      const scale = make('span', 'gt-scale');
      colours.forEach((colour, n) => {
        const field = make('i', 'gt-class', n < limits.length ? make('small', '', limits[n]) : '');
        field.style.background = colour;
        scale.append(field);
      });
      keys.push(scale);
    }
    shown.legend.replaceChildren(...keys);
  }

  function tell() {
    const asked = model.get('asked');
    const answer = model.get('answer');
    if (!at.dials) shown.sliders.show(asked.dials, told);
    // what comes late, after a newer question was asked, is not drawn
    if (answer.number >= asked.number || !picture) {
      if (picture !== answer.picture) sketch = chart.show(answer.picture);
      picture = answer.picture;
      placeTip();
    }
    shown.figures.show(picture.figures, told);
    const now = standing(scene, told, asked, answer);
    shown.root.dataset.state = now.state;
    shown.state.textContent = now.text;
    shown.why.textContent = [now.why, now.stays].filter(Boolean).join(' ');
    shown.why.hidden = !shown.why.textContent;
    const kept = model.get('kept');
    const notes = { busy: 'keeping', done: 'kept', failed: 'keep_failed' };
    const note = notes[kept.state];
    shown.kept.textContent = note
      ? told.say(note, { ...kept, grids: told.number(kept.grids) })
      : '';
    shown.kept.dataset.state = kept.state;
    shown.keep.disabled = kept.state === 'busy' || !['proven', 'best', 'first'].includes(now.state);
  }

  const speak = () => {
    told = speech(scene, model.get('language'));
    words();
    tell();
  };
  el.append(shown.root);
  words();
  tell();
  const changes = { asked: tell, answer: tell, kept: tell, language: speak };
  for (const [name, act] of Object.entries(changes)) model.on(`change:${name}`, act);
  // a canvas does not follow the page from light to dark by itself
  const themes = new MutationObserver(chart.redraw);
  for (const place of [document.body, document.documentElement]) {
    themes.observe(place, { attributes: true });
  }
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', chart.redraw);
  return () => {
    for (const [name, act] of Object.entries(changes)) model.off(`change:${name}`, act);
    themes.disconnect();
    dark.removeEventListener('change', chart.redraw);
    clearTimeout(at.timer);
    chart.close();
  };
}

export default { render };
