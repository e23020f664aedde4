/** What names a view wishes for, from the whole subdistrict down to one courtyard. */
import type { GridFacts, Layout } from '../model/layout';
import type { Language, Subject, Theme } from '../model/types';
import { say } from '../words';
import type { GridShapes } from './grids';
import type { Ink } from './ink';
import { deepest } from './inside';
import { roomOf } from './marks';
import type { Feature, Scene } from './scene';
import { type Frame, meets, ramp, toPixel } from './world';

export interface Style {
  size: number;
  bold: boolean;
  ink: string;
  slant?: boolean;
}

export interface Label {
  /** stays the same from view to view: a name that stood keeps its place before others */
  key: string;
  lines: string[];
  style: Style;
  /** CSS pixels of the canvas */
  x: number;
  y: number;
  weight: number;
  moves: boolean;
  /** a badge is drawn at the place itself, the lines under it */
  badge?: string;
}

export interface LabelState {
  scene: Scene;
  layout: Layout | null;
  shapes: GridShapes | null;
  theme: Theme;
  language: Language;
  shown: ReadonlySet<string>;
  selected: Subject | null;
  isEditing: boolean;
}

export function wishes(frame: Frame, state: LabelState, ink: Ink): Label[] {
  const labels: Label[] = [];
  if (state.shown.has('labels')) {
    areaNames(frame, state, ink, labels);
    gridNames(frame, state, ink, labels);
    yardNames(frame, state, ink, labels);
  }
  policeNames(frame, state, ink, labels);
  return labels;
}

const middles = new WeakMap<Feature, [number, number]>();

/** Where a feature's name stands. */
export function middleOfFeature(feature: Feature): [number, number] {
  if (feature.at) return feature.at;
  let middle = middles.get(feature);
  if (!middle) {
    const { x, y } = deepest(feature.lines);
    middle = [x, y];
    middles.set(feature, middle);
  }
  return middle;
}

function areaNames(frame: Frame, state: LabelState, ink: Ink, labels: Label[]): void {
  const { scene, selected } = state;
  const { zoom } = frame;
  const add = (features: Iterable<Feature>, kind: string, weight: number, style: Style) => {
    for (const feature of features) {
      if (feature.name === '' || !meets(feature.box, frame.box)) continue;
      const [x, y] = toPixel(frame, ...middleOfFeature(feature));
      labels.push({
        key: `${kind}:${feature.id}`,
        lines: [feature.name],
        style,
        x,
        y,
        weight: weight + Math.min(50, (feature.box[2] - feature.box[0]) * frame.scale * 0.02),
        moves: true,
      });
    }
  };
  const text = ink.text;
  if (zoom < 14.75) {
    const size = Math.round(
      ramp(zoom, [
        [11, 12],
        [13, 15],
        [14.5, 19],
      ]),
    );
    add(scene.subdistricts.values(), 'subdistrict', 900, {
      size,
      bold: true,
      ink: text.subdistrict,
    });
  }
  if (zoom >= (scene.subdistricts.size > 0 ? 13.25 : 12) && zoom < 17.25) {
    const size = Math.round(
      ramp(zoom, [
        [13, 12],
        [15, 14],
        [17, 16],
      ]),
    );
    // from here on the grids' own names come first, and the community's steps aside
    const weight = zoom < 15 ? 700 : 420;
    add(scene.communities.values(), 'community', weight, { size, bold: true, ink: text.community });
  }
  if (zoom < 16) {
    const sea = scene.landscape.filter(({ kind }) => kind === 'sea' || kind === 'water');
    add(sea, 'sea', 300, { size: 14, bold: false, ink: text.sea, slant: true });
  }
  if (zoom >= 13.5) {
    const green = scene.landscape.filter(({ kind }) => ['park', 'hill', 'beach'].includes(kind));
    add(green, 'park', 250, { size: 12, bold: false, ink: text.park });
  }
  if (state.shown.has('basic_grids') && zoom >= 15.5) {
    for (const grid of scene.basicGrids.values()) {
      if (!meets(grid.box, frame.box)) continue;
      const [x, y] = toPixel(frame, ...middleOfFeature(grid));
      labels.push({
        key: `basic:${grid.id}`,
        lines: [grid.id.slice(-3)],
        style: { size: 11, bold: true, ink: text.basicGrid },
        x,
        y,
        weight: 350,
        moves: true,
      });
    }
  }
  if (selected?.kind === 'community' || selected?.kind === 'subdistrict') {
    for (const label of labels) {
      if (label.key === `${selected.kind}:${selected.code}`) label.weight += zoom < 15 ? 2000 : 60;
    }
  }
}

function gridNames(frame: Frame, state: LabelState, ink: Ink, labels: Label[]): void {
  const { shapes, layout, selected } = state;
  const { zoom } = frame;
  if (!shapes || !layout) return;
  const isChosen = (code: string) =>
    selected?.kind === 'grid' && selected.layer === 'gov_grids' && selected.code === code;
  const size = Math.round(
    ramp(zoom, [
      [13.5, 11],
      [15, 13],
      [16.5, 16],
    ]),
  );
  for (const shape of shapes.shapes.values()) {
    const chosen = isChosen(shape.code);
    if ((zoom < 13.75 && !chosen) || !meets(shape.box, frame.box)) continue;
    const facts = layout.grids.get(shape.code);
    if (!facts) continue;
    const [left, top, right, bottom] = shape.box;
    // too small for a number whatever its form
    if (Math.min(right - left, bottom - top) * frame.scale < 16 && !chosen) continue;
    const anchor = shape.anchor();
    const room = anchor.depth * frame.scale;
    // a number needs about its own height around it, a name about its width
    if (room < 8 && !chosen) continue;
    const [x, y] = toPixel(frame, anchor.x, anchor.y);
    const isLong = chosen || room > (state.language === 'zh' ? 24 : 22);
    const name = isLong ? longName(facts) : serialText(facts);
    const lines =
      chosen || (zoom >= 15.25 && room > 26) ? [name, figureOf(facts, state.theme)] : [name];
    labels.push({
      key: `grid:${shape.code}`,
      lines: lines.filter((line) => line !== ''),
      style: { size: chosen ? Math.max(size, 14) : size, bold: true, ink: ink.text.grid },
      x,
      y,
      weight: chosen ? 3000 : 500 + Math.min(100, room),
      moves: chosen,
    });
  }
}

/** A name that somebody gave, else the number. */
function longName(facts: GridFacts): string {
  if (facts.code.startsWith('new:')) return serialText(facts);
  const isUsual = new RegExp(`第?0*${facts.serial}网格$`).test(facts.name);
  return facts.name && !isUsual ? facts.name : say('map_grid_n', { n: serialText(facts) });
}

function serialText(facts: GridFacts): string {
  return facts.code.startsWith('new:') ? say('map_grid_new') : String(facts.serial);
}

/** What the theme is about, in figures. */
export function figureOf(facts: GridFacts, theme: Theme): string {
  if (theme === 'households' && facts.deviation !== null) {
    const share = Math.round(facts.deviation * 100);
    return `${share > 0 ? '+' : share < 0 ? '−' : ''}${Math.abs(share)}%`;
  }
  if (theme === 'walk' && facts.walkMean !== null) {
    return say('map_metres', { n: Math.round(facts.walkMean) });
  }
  return facts.households === null
    ? ''
    : say('map_households', { n: Math.round(facts.households) });
}

function yardNames(frame: Frame, state: LabelState, ink: Ink, labels: Label[]): void {
  const { scene, selected } = state;
  const chosen = selected?.kind === 'courtyard' ? (scene.ground.rowOf.get(selected.id) ?? -1) : -1;
  const add = (row: number, weight: number) => {
    const yard = scene.yards[row]!;
    const [x, y] = toPixel(frame, scene.spots[2 * row]!, scene.spots[2 * row + 1]!);
    const size =
      weight > 1000
        ? 13
        : Math.round(
            ramp(frame.zoom, [
              [16.5, 11],
              [18, 12],
            ]),
          );
    const lines = [yard.name || scene.ground.courtyards[row]!.address];
    const { households } = scene.ground.courtyards[row]!;
    if ((state.isEditing || weight > 1000) && frame.zoom >= 16.5 && households !== null) {
      lines.push(say('map_households', { n: households }));
    }
    const style = { size, bold: weight > 1000, ink: ink.text.yard };
    labels.push({ key: `yard:${row}`, lines, style, x, y, weight, moves: true });
  };
  if (chosen >= 0) add(chosen, 2800);
  if (frame.zoom < 16.5) return;
  for (const row of scene.rowsIn(frame.box)) if (row !== chosen) add(row, 200);
}

function policeNames(frame: Frame, state: LabelState, ink: Ink, labels: Label[]): void {
  const { scene, shown, theme } = state;
  const { zoom } = frame;
  const isPolice = theme === 'beats' || shown.has('beats');
  const style: Style = { size: 12, bold: true, ink: ink.text.beat };
  if (isPolice && shown.has('labels') && zoom >= 14.25) {
    for (const beat of scene.beats.values()) {
      if (!meets(beat.box, frame.box)) continue;
      const [x, y] = toPixel(frame, ...middleOfFeature(beat));
      // the station is said by its own badge
      const name = beat.name.replace(/^.*派出所/, '') || beat.id;
      labels.push({ key: `beat:${beat.id}`, lines: [name], style, x, y, weight: 450, moves: true });
    }
  }
  if ((isPolice || shown.has('rooms')) && zoom >= 12.5) {
    for (const station of scene.stations) {
      if (!station.at || !meets(station.box, frame.box)) continue;
      const [x, y] = toPixel(frame, ...station.at);
      const lines = zoom >= 14 && shown.has('labels') ? [station.name] : [];
      labels.push({
        key: `station:${station.id}`,
        lines,
        style,
        x,
        y,
        weight: 1000,
        moves: false,
        badge: '警',
      });
    }
  }
}

/** Points of police rooms, world units. */
export function roomsOf(scene: Scene): [number, number][] {
  const rooms: [number, number][] = [];
  for (const id of scene.beats.keys()) {
    const room = roomOf(scene, id);
    if (room) rooms.push(room);
  }
  return rooms;
}
