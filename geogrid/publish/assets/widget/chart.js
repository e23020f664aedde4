// The map of the what-if widget: courtyards, the borders between grids, who changes; one canvas.

import { sketchOf, surveyOf, trace } from './survey.js';

const MARK_PX = 3.4;
const MOST_PX_PER_M = 2;
const STEP = 1.35;
const HATCH_PX = 6;

/**
 * Draw a map into an element.
 *
 * `onPoint(yard, x, y, isByKey)` is called with what the pointer or the keyboard is at; -1: nothing.
 */
export function openChart(host, scene, onPoint) {
  const canvas = document.createElement('canvas');
  canvas.className = 'gt-canvas';
  canvas.tabIndex = 0;
  canvas.setAttribute('role', 'application');
  host.append(canvas);
  const pen = canvas.getContext('2d');
  const survey = surveyOf(scene);
  const view = { x: 0, y: 0, scale: 0, width: 0, height: 0 };
  const state = { theme: 'grids', grid: -1, yard: -1, frame: 0, hatch: null, hatchInk: '' };
  let sketch = null;

  const colourOf = (name) => getComputedStyle(host).getPropertyValue(name).trim();
  const toScreen = (x, y) => [
    view.width / 2 + (x - view.x) * view.scale,
    view.height / 2 - (y - view.y) * view.scale,
  ];
  const toMap = (px, py) => [
    view.x + (px - view.width / 2) / view.scale,
    view.y - (py - view.height / 2) / view.scale,
  ];
  const redraw = () => {
    if (!state.frame) state.frame = requestAnimationFrame(draw);
  };

  function fit() {
    const [west, south, east, north] = survey.extent;
    view.x = (west + east) / 2;
    view.y = (south + north) / 2;
    view.scale = 0.94 * Math.min(view.width / (east - west), view.height / (north - south));
    view.whole = view.scale;
    redraw();
  }

  function zoom(by, px = view.width / 2, py = view.height / 2) {
    const [x, y] = toMap(px, py);
    const most = Math.max(MOST_PX_PER_M * scene.unit_m, view.whole);
    view.scale = Math.min(most, Math.max(view.whole * 0.8, view.scale * by));
    const [nowX, nowY] = toMap(px, py);
    view.x += x - nowX;
    view.y += y - nowY;
    keepNear();
  }

  function pan(dx, dy) {
    view.x -= dx / view.scale;
    view.y += dy / view.scale;
    keepNear();
  }

  /** However far somebody drags, some of the district stays in sight. */
  function keepNear() {
    const [west, south, east, north] = survey.extent;
    view.x = Math.min(east, Math.max(west, view.x));
    view.y = Math.min(north, Math.max(south, view.y));
    redraw();
  }

  function hatch(ink, ratio) {
    if (state.hatch === null || state.hatchInk !== ink) {
      const tile = document.createElement('canvas');
      tile.width = tile.height = HATCH_PX * ratio;
      const brush = tile.getContext('2d');
      brush.scale(ratio, ratio);
      brush.strokeStyle = ink;
      brush.lineWidth = 1.6;
      brush.beginPath();
      for (const from of [-HATCH_PX, 0, HATCH_PX]) {
        brush.moveTo(from, HATCH_PX);
        brush.lineTo(from + HATCH_PX, 0);
      }
      brush.stroke();
      state.hatch = pen.createPattern(tile, 'repeat');
      state.hatchInk = ink;
    }
    return state.hatch;
  }

  function draw() {
    state.frame = 0;
    if (!sketch || !view.width) return;
    const ratio = window.devicePixelRatio || 1;
    const ink = colourOf('--gt-map-ink');
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = colourOf('--gt-land');
    pen.fillRect(0, 0, canvas.width, canvas.height);
    const step = view.scale * ratio;
    const [zeroX, zeroY] = toScreen(0, 0);
    pen.setTransform(step, 0, 0, -step, zeroX * ratio, zeroY * ratio);
    pen.lineJoin = pen.lineCap = 'round';
    const px = 1 / view.scale;
    const stroke = (path, colour, width) => {
      pen.strokeStyle = colour;
      pen.lineWidth = width * px;
      pen.stroke(path);
    };
    for (const { kind, path } of survey.ground) {
      pen.fillStyle = colourOf(kind === 'sea' || kind === 'water' ? '--gt-sea' : '--gt-green');
      pen.fill(path, 'evenodd');
    }
    stroke(survey.roads, colourOf('--gt-road'), 1);
    for (const [colour, path] of sketch.fills[state.theme]) {
      pen.fillStyle = colour;
      pen.fill(path, 'evenodd');
    }
    const pattern = hatch(ink, ratio);
    pattern.setTransform(new DOMMatrix([1 / step, 0, 0, 1 / step, 0, 0]));
    pen.fillStyle = pattern;
    pen.fill(sketch.changed, 'evenodd');
    const near = view.scale / view.whole;
    pen.setLineDash([5 * px, 3 * px]);
    stroke(survey.bounds, colourOf('--gt-town'), 1);
    pen.setLineDash([]);
    stroke(sketch.borders, colourOf('--gt-border'), Math.min(1.8, 0.7 + 0.12 * near));
    if (state.grid >= 0) drawGrid(stroke);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (near < 4) drawMarks();
    drawNames(near);
  }

  function drawGrid(stroke) {
    const around = new Path2D();
    for (let arc = 0; arc < survey.left.length; arc += 1) {
      const a = survey.left[arc] >= 0 && sketch.labels[survey.left[arc]] === state.grid;
      const b = survey.right[arc] >= 0 && sketch.labels[survey.right[arc]] === state.grid;
      if (a !== b) trace(around, survey.arcs, arc);
    }
    stroke(around, colourOf('--gt-halo'), 6);
    stroke(around, colourOf('--gt-accent'), 3);
    if (state.yard >= 0) stroke(survey.yards[state.yard], colourOf('--gt-accent'), 1.2);
  }

  /** From afar a hatch is too fine to see: a diamond on each courtyard that changes. */
  function drawMarks() {
    const { spots } = survey;
    const count = sketch.moved.reduce((sum, is) => sum + is, 0);
    const half = (count > 150 ? 0.8 : 1) * MARK_PX * Math.sqrt(view.scale / view.whole);
    pen.lineWidth = 1.2;
    pen.strokeStyle = colourOf('--gt-halo');
    pen.fillStyle = colourOf('--gt-map-ink');
    for (let yard = 0; yard < survey.n; yard += 1) {
      if (!sketch.moved[yard]) continue;
      const [x, y] = toScreen(spots[2 * yard], spots[2 * yard + 1]);
      pen.beginPath();
      pen.moveTo(x, y - half);
      pen.lineTo(x + half, y);
      pen.lineTo(x, y + half);
      pen.lineTo(x - half, y);
      pen.closePath();
      pen.fill();
      pen.stroke();
    }
  }

  function drawNames(near) {
    if (near < 1.6 && survey.towns.names.length > 12) return;
    pen.font = `600 12px ${getComputedStyle(host).fontFamily}`;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    const taken = [];
    survey.towns.names.forEach((name, town) => {
      const [x, y] = toScreen(survey.towns.at[2 * town], survey.towns.at[2 * town + 1]);
      const half = pen.measureText(name).width / 2 + 4;
      if (x + half < 0 || y < 0 || x - half > view.width || y > view.height) return;
      if (taken.some(([a, b, c]) => Math.abs(a - x) < c + half && Math.abs(b - y) < 18)) return;
      taken.push([x, y, half]);
      pen.lineWidth = 3.5;
      pen.strokeStyle = colourOf('--gt-name-halo');
      pen.strokeText(name, x, y);
      pen.fillStyle = colourOf('--gt-name');
      pen.fillText(name, x, y);
    });
  }

  function yardAt(px, py) {
    const [x, y] = toMap(px, py);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    for (let yard = 0; yard < survey.n; yard += 1) {
      const at = 4 * yard;
      const { boxes } = survey;
      const isNear =
        boxes[at] <= x && x <= boxes[at + 2] && boxes[at + 1] <= y && y <= boxes[at + 3];
      if (isNear && pen.isPointInPath(survey.yards[yard], x, y, 'evenodd')) return yard;
    }
    return -1;
  }

  function point(yard, px, py, isByKey) {
    state.yard = yard;
    state.grid = yard < 0 ? -1 : sketch.labels[yard];
    onPoint(yard, px, py, isByKey);
    redraw();
  }

  /** Go to a courtyard and bring it into sight. */
  function visit(yard) {
    view.x = survey.spots[2 * yard];
    view.y = survey.spots[2 * yard + 1];
    view.scale = Math.max(view.scale, 5 * view.whole);
    keepNear();
    point(yard, view.width / 2, view.height / 2, true);
  }

  const fingers = new Map();
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.addEventListener('pointerdown', (event) => {
    fingers.set(event.pointerId, at(event));
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!sketch) return;
    const [x, y] = at(event);
    const before = fingers.get(event.pointerId);
    if (!before) {
      point(yardAt(x, y), x, y, false);
      return;
    }
    const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    fingers.set(event.pointerId, [x, y]);
    if (others.length === 1) {
      const apart = ([a, b]) => Math.hypot(a - others[0][0], b - others[0][1]);
      zoom(
        apart([x, y]) / Math.max(1, apart(before)),
        (x + others[0][0]) / 2,
        (y + others[0][1]) / 2,
      );
    }
    pan((x - before[0]) / (1 + others.length), (y - before[1]) / (1 + others.length));
  });
  const lift = (event) => {
    fingers.delete(event.pointerId);
    if (event.pointerType === 'touch' && sketch) point(yardAt(...at(event)), ...at(event), false);
  };
  canvas.addEventListener('pointerup', lift);
  canvas.addEventListener('pointercancel', (event) => fingers.delete(event.pointerId));
  canvas.addEventListener('pointerleave', () => sketch && point(-1, 0, 0, false));
  canvas.addEventListener('dblclick', (event) => zoom(STEP * STEP, ...at(event)));
  canvas.addEventListener(
    'wheel',
    (event) => {
      // who only scrolls past keeps scrolling
      if (document.activeElement !== canvas && !event.ctrlKey) return;
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 400), ...at(event));
    },
    { passive: false },
  );
  function step(isWanted, by) {
    for (let n = 1; n <= survey.n; n += 1) {
      const yard = (state.yard + by * n + 2 * survey.n) % survey.n;
      if (isWanted(yard)) return visit(yard);
    }
    return undefined;
  }
  const isFirst = (yard) => sketch.labels.indexOf(sketch.labels[yard]) === yard;
  const keys = {
    ArrowLeft: () => pan(60, 0),
    ArrowRight: () => pan(-60, 0),
    ArrowUp: () => pan(0, 60),
    ArrowDown: () => pan(0, -60),
    '+': () => zoom(STEP),
    '=': () => zoom(STEP),
    '-': () => zoom(1 / STEP),
    0: fit,
    n: () => step(isFirst, 1),
    p: () => step(isFirst, -1),
    c: () => step((yard) => sketch.moved[yard], 1),
    Escape: () => point(-1, 0, 0, true),
  };
  canvas.addEventListener('keydown', (event) => {
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || !sketch || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });

  const measure = new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect;
    if (!width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    const isWhole = !view.width || Math.abs(view.scale - view.whole) < 1e-9;
    Object.assign(view, { width, height });
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    if (isWhole) fit();
    else redraw();
  });
  measure.observe(host);

  const [west, south, east, north] = survey.extent;
  return {
    canvas,
    // height over width of the district
    tall: (north - south) / (east - west),
    fit,
    redraw,
    zoomIn: () => zoom(STEP),
    zoomOut: () => zoom(1 / STEP),
    colour(theme) {
      state.theme = theme;
      redraw();
    },
    show(picture) {
      sketch = sketchOf(survey, scene, picture);
      state.grid = state.yard < 0 ? -1 : sketch.labels[state.yard];
      redraw();
      return sketch;
    },
    close() {
      measure.disconnect();
      cancelAnimationFrame(state.frame);
    },
  };
}
