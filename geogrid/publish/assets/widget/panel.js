// The panel of the what-if widget: sliders, buttons, what is known, figures beside the plan's own.

const DIALS = ['grids', 'balance_m', 'low', 'high', 'walk_max_m', 'moved_m'];
const OF_TARGET = new Set(['low', 'high']);
const WITH_ENDS = new Set(['balance_m', 'walk_max_m', 'moved_m']);
const WITH_HINT = new Set(['balance_m', 'moved_m']);
let made = 0;

/** Make an element: its class, then what it holds. */
export function make(tag, name = '', ...inner) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...inner);
  return element;
}

/** Words and numbers in one language. */
export function speech(scene, language) {
  const words = scene.words[language];
  const locale = language === 'zh' ? 'zh-CN' : 'en';
  const number = (value, digits = 0) =>
    value.toLocaleString(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const signed = (value, digits = 0) =>
    `${value < 0 ? '−' : '+'}${number(Math.abs(value), digits)}`;
  const say = (key, values = {}) =>
    words[key].replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
  /** A gap is never told smaller than it is. */
  const gap = (share) => {
    const percent = 100 * share;
    const digits = percent >= 10 ? 0 : percent >= 1 ? 1 : 2;
    return `${number(Math.ceil(percent * 10 ** digits - 1e-9) / 10 ** digits, digits)} %`;
  };
  return { language, number, signed, say, gap };
}

/** The value of one dial in words. */
function inWords(scene, told, name, value) {
  if (value === null) return told.say('walk_max_m_off');
  const shown = OF_TARGET.has(name) ? value * scene.target : value;
  return told.say(`${name}_value`, { value: told.number(shown) });
}

/** Draw the sliders; `onTurn(name, value, isDone)` hears every move. */
export function openSliders(scene, onTurn) {
  const box = make('fieldset', 'gt-sliders');
  const legend = make('legend', 'gt-hidden');
  box.append(legend);
  const rows = DIALS.filter((name) => scene.stops[name]).map((name) => {
    const stops = scene.stops[name];
    made += 1;
    const id = `gt-slider-${made}`;
    const label = make('label', 'gt-label');
    label.htmlFor = id;
    const value = make('output', 'gt-value');
    value.htmlFor = id;
    const input = make('input', 'gt-range');
    Object.assign(input, { id, type: 'range', min: 0, max: stops.length - 1, step: 1 });
    const left = make('span');
    const right = make('span');
    const ends = make('div', 'gt-ends', left, right);
    ends.hidden = !WITH_ENDS.has(name);
    const own = stops.indexOf(scene.dials[name]);
    const tick = make('i', 'gt-tick');
    tick.style.setProperty('--at', own / Math.max(1, stops.length - 1));
    const hint = make('p', 'gt-hint');
    hint.id = `${id}-hint`;
    hint.hidden = !WITH_HINT.has(name);
    if (!hint.hidden) input.setAttribute('aria-describedby', hint.id);
    const track = make('div', 'gt-track', tick, input);
    const row = make('div', 'gt-dial', make('div', 'gt-line', label, value), track, ends, hint);
    input.addEventListener('input', () => onTurn(name, stops[input.valueAsNumber], false));
    input.addEventListener('change', () => onTurn(name, stops[input.valueAsNumber], true));
    box.append(row);
    return { name, stops, label, value, input, left, right, hint };
  });
  return {
    box,
    show(dials, told) {
      legend.textContent = told.say('sliders');
      for (const row of rows) {
        const { name, stops, input } = row;
        const at = stops.indexOf(dials[name]);
        // code may ask for what lies between two stops
        const near = stops.findIndex((stop) => stop === null || stop > dials[name]);
        const place = at < 0 ? Math.max(0, near) : at;
        if (input.valueAsNumber !== place) input.value = String(place);
        const words = inWords(scene, told, name, dials[name]);
        row.label.textContent = told.say(name);
        row.value.textContent = words;
        input.setAttribute('aria-valuetext', words);
        row.value.classList.toggle('gt-turned', dials[name] !== scene.dials[name]);
        if (WITH_ENDS.has(name)) {
          row.left.textContent = told.say(`${name}_left`);
          row.right.textContent = told.say(`${name}_right`);
        }
        if (WITH_HINT.has(name)) row.hint.textContent = told.say(`${name}_hint`);
      }
    },
  };
}

/** Draw the figures, each with its change against the plan. */
export function openFigures(scene) {
  const list = make('dl', 'gt-figures');
  const own = scene.figures;
  return {
    list,
    show(figures, told) {
      const { say, number, signed } = told;
      list.setAttribute('aria-label', `${say('figures')} (${say('figure_head')})`);
      const change = (name, digits) => {
        const by = figures[name] - own[name];
        return Math.abs(by) < 0.5 * 10 ** -digits ? say('same') : signed(by, digits);
      };
      const percent = (100 * (figures.objective - own.objective)) / own.objective;
      const isSame = Math.abs(percent) < 0.005;
      const metres = (value) => say('metres', { value });
      const span = { least: number(figures.least), most: number(figures.most) };
      // never told larger than it is: a band may give way
      const inside = Math.floor(100 * figures.share_in_band + 1e-9);
      const moved = { value: number(figures.moved), households: number(figures.moved_households) };
      const tiles = [
        [
          say('objective'),
          number(figures.objective),
          `${say('objective_unit')} · ${isSame ? say('same') : `${signed(percent, 2)} %`}`,
        ],
        [say('cv'), number(figures.cv, 3), change('cv', 3)],
        [say('walk_mean_m'), metres(number(figures.walk_mean_m, 1)), change('walk_mean_m', 1)],
        [say('walk_max'), metres(number(figures.walk_max_m)), change('walk_max_m', 0)],
        [say('span'), say('from_to', span), say('in_band', { share: number(inside) })],
        [say('moved'), say('courtyards', moved), say('households', moved)],
      ];
      list.replaceChildren(
        ...tiles.map(([name, value, by]) => {
          const about = make('dd', 'gt-change', by);
          return make(
            'div',
            'gt-tile',
            make('dt', '', name),
            make('dd', 'gt-figure', value),
            about,
          );
        }),
      );
    },
  };
}

/** Say what is known of the question: a state, a sentence, and perhaps the reason. */
export function standing(scene, told, asked, answer) {
  const { say } = told;
  const own = JSON.stringify(scene.dials);
  const isPlan = JSON.stringify(sorted(asked.dials, scene.dials)) === own;
  if (answer.number < asked.number) {
    return { state: 'busy', text: say(answer.number ? 'busy' : 'opening') };
  }
  const gap = answer.picture.figures.gap;
  const share = { gap: gap === null ? '' : told.gap(gap) };
  if (answer.state === 'plan' || (answer.state === 'proven' && isPlan)) {
    const isProven = scene.figures.status === 'optimal';
    return {
      state: isProven ? 'proven' : 'best',
      text: say(isProven ? 'plan_optimal' : 'plan_other'),
    };
  }
  if (answer.state === 'first') return { state: 'first', text: say('first', share) };
  if (answer.state === 'proven') return { state: 'proven', text: say('proven') };
  if (answer.state === 'best') {
    return { state: 'best', text: say(gap === null ? 'best_unbounded' : 'best', share) };
  }
  const why = answer.words?.[told.language] ?? '';
  const stays = say('stays', { grids: told.number(answer.picture.dials.grids) });
  const isTold = answer.state === 'infeasible';
  return {
    state: answer.state,
    text: isTold ? say('infeasible') : why,
    why: isTold ? why : '',
    stays,
  };
}

/** The same keys in the same order, so that two sets of dials compare. */
function sorted(dials, like) {
  return Object.fromEntries(Object.keys(like).map((name) => [name, dials[name]]));
}
