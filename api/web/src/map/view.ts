/** The map: a Leaflet frame, sheets drawn from the signals, and what others may ask of it. */
import { effect, signal } from '@preact/signals';
import L from 'leaflet';
import {
  beside,
  detail,
  divider,
  findings,
  ground,
  hovered,
  inForce,
  isDark,
  isEditing,
  isNarrow,
  language,
  layout,
  me,
  picked,
  selected,
  sheet,
  shown,
  start,
  theme,
  tool,
} from '../app/state';
import type { Ground } from '../model/ground';
import type { Layout } from '../model/layout';
import type { Finding, Subject } from '../model/types';
import { footCover } from './cover';
import { DARK, type Ink, LIGHT } from './ink';
import { onKey } from './keys';
import { type Here, paintMarks } from './marks';
import { type NameState, Names } from './names';
import { Picture } from './picture';
import { boxOf, NEAREST, pointOf } from './places';
import { sceneOf } from './scene';
import { Sheet } from './sheet';
import { type SnapshotOptions, snapshot } from './snapshot';
import { sides, splitPanes } from './split';
import { Tools } from './tools';
import type { Box } from './world';

export { MapCanvas } from './MapCanvas';

/** Pixels of each side that something else covers: fitted areas keep clear of them. */
export interface Cover {
  top: number;
  right: number;
  bottom: number;
  left: number;
}

export interface MapView {
  map: L.Map;
  /** Bring a subject into the middle of what is free. */
  flyTo(subject: Subject): void;
  /** west, south, east, north in ground units, or what Leaflet takes. */
  fit(bounds: L.LatLngBoundsExpression | readonly [number, number, number, number]): void;
  /** The whole district. */
  home(): void;
  showFinding(finding: Finding | null): void;
  /** A point that surely lies in a subject, pixels of the map's element; null: out of view. */
  middleOf(subject: Subject): { x: number; y: number } | null;
  /** Names that stand in the window, pixels of the map's element. */
  labels(): { text: string; box: Box }[];
  /** Whether the map moves or something waits to be drawn. */
  busy(): boolean;
  snapshot(
    bounds: readonly [number, number, number, number],
    width: number,
    height: number,
    layout?: Layout,
    options?: SnapshotOptions,
  ): HTMLCanvasElement;
  setCover(cover: Partial<Cover>): void;
  setHere(here: Here | null): void;
  /** Boxes over the map have moved: names give way, and what is selected comes out from under. */
  settle(): void;
  /** Select the grid of the courtyard at a place on the ground. */
  selectAt(place: L.LatLng): Subject | null;
  /** Changes whenever the map has moved. */
  moves: { readonly value: number };
  /** When the last drawing was made and what it took, milliseconds; for benches. */
  timings: number[];
  dispose(): void;
}

const MIN_ZOOM = 9;
const MAX_ZOOM = 20;
const FIT_PADDING = 28;

export function createMap(element: HTMLElement): MapView {
  const isStill = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  const map = L.map(element, {
    center: [36.06, 120.36],
    zoom: 12,
    minZoom: MIN_ZOOM,
    maxZoom: MAX_ZOOM,
    zoomSnap: 0.25,
    zoomDelta: 0.75,
    wheelPxPerZoomLevel: 90,
    zoomControl: false,
    attributionControl: false,
    zoomAnimation: !isStill,
    fadeAnimation: false,
    bounceAtZoomLimits: false,
    maxBoundsViscosity: 0.7,
  });
  const moves = signal(0);
  const cover: Cover = { top: 0, right: 0, bottom: 0, left: 0 };
  const timings: number[] = [];
  let picture: Picture | null = null;
  let twin: Picture | null = null;
  let drawn: readonly number[] | null = null;
  let shownFinding: Finding | null = null;
  let here: Here | null = null;
  let isGoing = false;
  let isZooming = false;
  /** a flight was asked for; Leaflet begins it with the next frame */
  let isAsked = false;
  /** a flight that waits until the map stands: Leaflet drops what is asked while it zooms */
  let next: (() => void) | null = null;
  let tiles: L.TileLayer | null = null;

  const originOf = (): readonly [number, number] => ground.peek()?.origin ?? [120360000, 36060000];
  const ink = (): Ink => (isDark.peek() ? DARK : LIGHT);
  const hasBasemap = () => tiles !== null && map.hasLayer(tiles);
  const timed = (act: () => void) => {
    const from = performance.now();
    act();
    timings.push(performance.now() - from);
    if (timings.length > 200) timings.shift();
  };

  const options = { isFreshAtRest: false };
  const settling = { isFreshAtRest: true };
  const pictureSheet = (name: string, order: number, of: () => Picture | null) =>
    new Sheet({ ...options, name, order }, originOf, (pen, frame) =>
      timed(() => {
        of()?.draw(pen, frame, {
          theme: theme.peek(),
          shown: shown.peek(),
          ink: ink(),
          onBasemap: hasBasemap(),
        });
      }),
    );
  const mainSheet = pictureSheet('grids', 310, () => picture);
  const twinSheet = pictureSheet('twin', 320, () => twin);
  const hasMarks = () =>
    hovered.peek() !== null ||
    selected.peek() !== null ||
    picked.peek().size > 0 ||
    (isEditing.peek() && findings.peek().length > 0) ||
    shownFinding !== null ||
    drawn !== null ||
    here !== null;
  const marking = { ...options, name: 'marks', order: 400, isEmpty: () => !hasMarks() };
  const markSheet = new Sheet(marking, originOf, (pen, frame) => {
    if (!picture) return;
    const marks = {
      scene: picture.scene,
      shapes: picture.shapes,
      layout: layout.peek(),
      hovered: hovered.peek(),
      selected: selected.peek(),
      picked: picked.peek(),
      findings: isEditing.peek() ? findings.peek() : [],
      shownFinding,
      drawn,
      here,
    };
    timed(() => paintMarks(pen, frame, marks, ink()));
  });
  const stateOf = (of: Picture, lay: Layout | null, side: NameState['side']): NameState => ({
    side,
    scene: of.scene,
    layout: lay,
    shapes: of.shapes,
    theme: theme.peek(),
    language: language.peek(),
    shown: shown.peek(),
    selected: selected.peek(),
    isEditing: isEditing.peek(),
    roads: shown.peek().has('roads') && !hasBasemap() ? of.fabric.roads : null,
    ink: ink(),
  });
  const sidesNow = () =>
    sides(beside.peek() ? divider.peek() : null, beside.peek()?.isBefore ?? false);
  const names = new Names({ ...settling, name: 'names', order: 450 }, originOf, () =>
    picture ? stateOf(picture, layout.peek(), sidesNow()[0]) : null,
  );
  const twinNames = new Names({ ...settling, name: 'twin-names', order: 460 }, originOf, () =>
    twin ? stateOf(twin, beside.peek()?.layout ?? null, sidesNow()[1]) : null,
  );
  const sheets = [mainSheet, markSheet, names];
  const twins = [twinSheet, twinNames];
  for (const sheet of sheets) sheet.addTo(map);

  const tools = new Tools(map, {
    scene: () => picture?.scene ?? null,
    draw: (shape) => {
      drawn = shape;
      markSheet.redraw();
    },
  });

  const clip = () =>
    splitPanes(map, beside.peek() ? divider.peek() : null, beside.peek()?.isBefore ?? false);
  const fitBox = (box: Box, maxZoom: number, animate: boolean) => {
    const scene = picture?.scene;
    if (!scene || box[0] === Infinity) return;
    next = isZooming ? () => fitBox(box, maxZoom, animate) : null;
    if (isZooming) return;
    const foot = Math.max(cover.bottom, footCover(element));
    map.fitBounds(scene.world.bounds(box), {
      maxZoom,
      animate: animate && !isStill,
      paddingTopLeft: [cover.left + FIT_PADDING, cover.top + FIT_PADDING],
      paddingBottomRight: [cover.right + FIT_PADDING, foot + FIT_PADDING],
    });
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
    });
  };
  /** Open on what is selected, else on the own subdistrict, else on everything. */
  const open = (now: Ground) => {
    const { box, world, subdistricts } = sceneOf(now);
    if (box[0] === Infinity) return;
    // as far above and below as to the sides: a phone is tall and its sheet covers the foot
    const room = Math.max(box[2] - box[0], box[3] - box[1]) * 0.6;
    map.setMaxBounds(world.bounds([box[0] - room, box[1] - room, box[2] + room, box[3] + room]));
    const chosen = selected.peek();
    const own = me.peek()?.subdistrict;
    const first = chosen && boxOf(picture!.scene, picture!.shapes, chosen);
    if (first) fitBox(first, NEAREST[chosen.kind], false);
    else fitBox((own && subdistricts.get(own)?.box) || box, 16, false);
  };

  const undo = [
    effect(() => {
      const now = ground.value;
      const isNew = picture?.ground !== now;
      const opensAt = picture?.ground;
      if (isNew) picture = now ? new Picture(now) : null;
      picture?.update(layout.value, inForce.value, detail.value);
      for (const sheet of sheets) sheet.redraw();
      // another version of the same district keeps the view
      if (isNew && now && opensAt?.wire.district.code !== now.wire.district.code) open(now);
    }),
    effect(() => {
      const other = beside.value;
      if (!other) twin = null;
      else if (twin?.ground !== other.ground) twin = new Picture(other.ground);
      twin?.update(other?.layout ?? null, inForce.value, detail.value);
      for (const sheet of twins) {
        if (other) sheet.addTo(map);
        else sheet.remove();
        sheet.redraw();
      }
      names.redraw();
      clip();
    }),
    effect(() => {
      void [theme.value, shown.value, isDark.value, language.value];
      element.classList.toggle('map-dark', isDark.value);
      for (const sheet of [...sheets, ...twins]) sheet.redraw();
    }),
    effect(() => {
      void [hovered.value, picked.value, findings.value, isEditing.value, selected.value];
      markSheet.redraw();
    }),
    effect(() => {
      void [selected.value, isEditing.value];
      for (const sheet of [names, twinNames]) sheet.redraw();
    }),
    effect(() => {
      void divider.value;
      clip();
      if (beside.peek()) for (const sheet of [names, twinNames]) sheet.redraw();
    }),
    effect(() => {
      void tool.value;
      tools.setTool();
    }),
    effect(() => {
      const basemap = start.value?.basemap;
      const isWanted = basemap?.kind === 'xyz' && shown.value.has('basemap');
      if (!isWanted) tiles?.remove();
      else {
        tiles ??= L.tileLayer(basemap.url, { maxNativeZoom: basemap.max_zoom, maxZoom: MAX_ZOOM });
        tiles.addTo(map);
      }
      for (const sheet of sheets) sheet.redraw();
    }),
  ];
  map.on('zoomstart', () => {
    isZooming = true;
  });
  map.on('zoomend', () => {
    isZooming = false;
  });
  // each step counts: of two slides that follow one another the first ends after the second began
  map.on('movestart zoomstart move', () => {
    isGoing = true;
  });
  map.on('moveend', () => {
    isGoing = false;
    moves.value += 1;
    next?.();
  });
  map.on('move zoom moveend zoomend viewreset resize', clip);
  const onKeyDown = (event: KeyboardEvent) => {
    if (onKey(event, (subject) => view.flyTo(subject))) event.preventDefault();
  };
  element.addEventListener('keydown', onKeyDown);
  // what lay in the middle stays there when the phone's sheet rises or sinks
  let foot = footCover(element);
  undo.push(
    effect(() => {
      void sheet.value;
      const next = isNarrow.value ? footCover(element) : 0;
      if (next !== foot && picture) map.panBy([0, (next - foot) / 2], { animate: !isStill });
      foot = next;
    }),
  );
  // the ground stays under the hand when a banner comes in above the map, or goes: who is about to
  // tap one courtyard must not meet its neighbour
  let corner = element.getBoundingClientRect();
  const pushed = () => {
    const { left, top } = element.getBoundingClientRect();
    return new L.Point(left - corner.left, top - corner.top);
  };
  const watcher = new ResizeObserver(() => {
    const by = pushed();
    corner = element.getBoundingClientRect();
    map.invalidateSize({ pan: false });
    if (by.x || by.y) map.panBy(by, { animate: false });
  });
  watcher.observe(element);

  const view: MapView = {
    map,
    moves,
    timings,
    flyTo(subject) {
      const box = picture && boxOf(picture.scene, picture.shapes, subject);
      if (box) fitBox(box, NEAREST[subject.kind], true);
    },
    fit(bounds) {
      const scene = picture?.scene;
      const numbers = bounds as readonly unknown[];
      if (scene && numbers.length === 4 && typeof numbers[0] === 'number') {
        const [west, south, east, north] = bounds as readonly [number, number, number, number];
        const [left, bottom] = scene.world.point(west, south);
        const [right, top] = scene.world.point(east, north);
        fitBox([left, top, right, bottom], 18, true);
      } else map.fitBounds(bounds as L.LatLngBoundsExpression, { animate: !isStill });
    },
    home() {
      if (picture) fitBox(picture.scene.box, 16, true);
    },
    showFinding(finding) {
      shownFinding = finding;
      markSheet.redraw();
      if (!finding || !picture) return;
      const { scene, shapes } = picture;
      let box = shapes?.shapes.get(finding.grid_code)?.box ?? null;
      for (const id of finding.courtyard_ids) {
        const row = scene.ground.rowOf.get(id);
        if (row === undefined) continue;
        const [left, top, right, bottom] = scene.yards[row]!.box;
        box = box
          ? [
              Math.min(box[0], left),
              Math.min(box[1], top),
              Math.max(box[2], right),
              Math.max(box[3], bottom),
            ]
          : [left, top, right, bottom];
      }
      if (box) fitBox(box, NEAREST.grid, true);
    },
    middleOf(subject) {
      const point = picture && pointOf(picture.scene, picture.shapes, subject);
      if (!picture || !point) return null;
      const { x, y } = map.latLngToContainerPoint(picture.scene.world.latLng(...point));
      const size = map.getSize();
      return x >= 0 && y >= 0 && x <= size.x && y <= size.y ? { x, y } : null;
    },
    labels() {
      const { x } = map.getSize();
      if (!beside.peek()) return names.standing(0, x);
      const [[from, to], [from2, to2]] = sidesNow();
      return [...names.standing(from * x, to * x), ...twinNames.standing(from2 * x, to2 * x)];
    },
    busy() {
      if (isGoing || isAsked || pushed().x || pushed().y) return true;
      return [...sheets, ...twins].some((sheet) => sheet.isWaiting);
    },
    snapshot(bounds, width, height, lay, more) {
      const now = ground.peek()!;
      return snapshot(now, lay ?? layout.peek()!, detail.peek(), bounds, width, height, {
        theme: theme.peek(),
        language: language.peek(),
        ...more,
      });
    },
    setCover(next) {
      Object.assign(cover, next);
    },
    settle() {
      for (const sheet of [names, twinNames]) sheet.redraw();
      const foot = footCover(element);
      const middle = foot > 0 && selected.peek() ? view.middleOf(selected.peek()!) : null;
      const free = map.getSize().y - foot;
      if (middle && middle.y > free - FIT_PADDING) {
        map.panBy([0, middle.y - free / 2], { animate: !isStill });
      }
    },
    setHere(next) {
      here = next;
      markSheet.redraw();
    },
    selectAt(place) {
      const scene = picture?.scene;
      if (!scene) return null;
      const row = scene.rowAt(...scene.world.ofLatLng(place), 400);
      const code = row < 0 ? '' : (layout.peek()?.codeOf[row] ?? '');
      return code === '' ? null : { kind: 'grid', layer: 'gov_grids', code };
    },
    dispose() {
      for (const stop of undo) stop();
      watcher.disconnect();
      tools.dispose();
      element.removeEventListener('keydown', onKeyDown);
      map.remove();
    },
  };
  return view;
}
