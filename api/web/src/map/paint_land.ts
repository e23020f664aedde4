/** Land, sea, roads and houses: what lies under and between the grids. */

import { decodeShape, rowsOf } from '../model/ground';
import type { DetailWire } from '../model/types';
import { Features } from './features';
import type { Ink } from './ink';
import { trace } from './patches';
import { type Feature, levelOf, PATCH, type Scene } from './scene';
import { type Frame, inPixels, inWorld, ramp } from './world';

type Stops = readonly (readonly [number, number])[];

interface Rank {
  kind: string;
  /** zoom from which it is drawn */
  from: number;
  width: Stops;
}

// narrow ones first: wider ones lie over them where they meet
const RANKS: readonly Rank[] = [
  {
    kind: 'path',
    from: 16,
    width: [
      [16, 0.8],
      [18, 2],
    ],
  },
  {
    kind: 'lane',
    from: 14.5,
    width: [
      [14.5, 0.7],
      [16, 2.6],
      [18, 8],
      [20, 22],
    ],
  },
  {
    kind: 'secondary',
    from: 12.75,
    width: [
      [12, 0.6],
      [14, 1.8],
      [16, 5.5],
      [18, 15],
      [20, 40],
    ],
  },
  {
    kind: 'arterial',
    from: 0,
    width: [
      [11, 1],
      [13, 2.2],
      [14, 3.2],
      [16, 8.5],
      [18, 22],
      [20, 56],
    ],
  },
];

/** zoom from which roads have an edge */
const CASED = 12;

/** What comes with the detail: small roads, houses, gated compounds. */
export interface Fabric {
  roads: Features;
  buildings: Features;
  compounds: Features;
}

/** Lay out the detail, or without it what the ground brings of roads. */
export function fabricOf(scene: Scene, detail: DetailWire | null): Fabric {
  const table = (rows: DetailWire['roads'], id: string): Feature[] =>
    rows
      ? rowsOf(rows).map((row) =>
          scene.outline(
            String(row[id] ?? ''),
            String(row.name ?? ''),
            decodeShape(row.shape as number[][]),
            null,
            row,
          ),
        )
      : [];
  return {
    roads: new Features([...scene.roads, ...table(detail?.roads ?? null, 'road_id')], PATCH),
    buildings: new Features(table(detail?.buildings ?? null, 'building_id'), PATCH / 2),
    compounds: new Features(table(detail?.compounds ?? null, 'compound_id'), PATCH),
  };
}

export function paintLand(
  pen: CanvasRenderingContext2D,
  frame: Frame,
  scene: Scene,
  ink: Ink,
): void {
  inPixels(pen, frame);
  pen.fillStyle = ink.beyond;
  pen.fillRect(0, 0, frame.width, frame.height);
  inWorld(pen, frame);
  const fill = (features: Iterable<Feature>, colour: string) => {
    pen.fillStyle = colour;
    for (const feature of features) pen.fill(areaPath(feature), 'evenodd');
  };
  const of = (...kinds: string[]) => scene.landscape.filter((area) => kinds.includes(area.kind));
  fill(scene.communities.values(), ink.land);
  fill(of('other'), ink.beyond);
  fill(of('park'), ink.park);
  fill(of('hill'), ink.hill);
  fill(of('beach'), ink.beach);
  fill(of('sea', 'water'), ink.sea);
  pen.strokeStyle = ink.coast;
  pen.lineJoin = 'round';
  pen.lineWidth =
    ramp(frame.zoom, [
      [12, 0.8],
      [16, 1.6],
    ]) / frame.scale;
  for (const coast of scene.coast) pen.stroke(linePath(coast));
}

const areaPaths = new WeakMap<Feature, Path2D>();
const linePaths = new WeakMap<Feature, Path2D>();

/** Path of a feature's outline; made once. */
export function areaPath(feature: Feature): Path2D {
  return kept(areaPaths, feature, true);
}

export function linePath(feature: Feature): Path2D {
  return kept(linePaths, feature, false);
}

function kept(paths: WeakMap<Feature, Path2D>, feature: Feature, isArea: boolean): Path2D {
  let path = paths.get(feature);
  if (!path) {
    path = new Path2D();
    for (const line of feature.lines) trace(path, line, isArea);
    paths.set(feature, path);
  }
  return path;
}

export function paintCompounds(
  pen: CanvasRenderingContext2D,
  frame: Frame,
  fabric: Fabric,
  ink: Ink,
): void {
  if (frame.zoom < 14) return;
  inWorld(pen, frame);
  pen.fillStyle = ink.compound;
  for (const path of fabric.compounds.paths(frame.box, levelOf(frame.zoom), '', true)) {
    pen.fill(path, 'evenodd');
  }
}

export function paintRoads(
  pen: CanvasRenderingContext2D,
  frame: Frame,
  fabric: Fabric,
  ink: Ink,
): void {
  inWorld(pen, frame);
  pen.lineCap = 'round';
  pen.lineJoin = 'round';
  const level = levelOf(frame.zoom);
  const drawn = RANKS.filter((rank) => frame.zoom >= rank.from);
  const pathsOf = new Map(
    drawn.map((rank) => [rank.kind, fabric.roads.paths(frame.box, level, rank.kind)] as const),
  );
  const stroke = (rank: Rank, colour: string, more: number) => {
    pen.strokeStyle = colour;
    pen.lineWidth = (ramp(frame.zoom, rank.width) + more) / frame.scale;
    for (const path of pathsOf.get(rank.kind)!) pen.stroke(path);
  };
  const casing = ramp(frame.zoom, [
    [12, 0.7],
    [15, 1.2],
    [18, 2],
  ]);
  for (const rank of drawn) {
    if (rank.kind !== 'path' && frame.zoom >= CASED) stroke(rank, ink.roadCasing, casing);
  }
  for (const rank of drawn) {
    const isDashed = rank.kind === 'path';
    if (isDashed) pen.setLineDash([4 / frame.scale, 3 / frame.scale]);
    stroke(rank, rank.kind === 'arterial' ? ink.mainRoadFill : ink.roadFill, 0);
    if (isDashed) pen.setLineDash([]);
  }
  paintRail(pen, frame, fabric, ink);
}

function paintRail(pen: CanvasRenderingContext2D, frame: Frame, fabric: Fabric, ink: Ink): void {
  const paths = fabric.roads.paths(frame.box, levelOf(frame.zoom), 'rail');
  const width = ramp(frame.zoom, [
    [12, 1.4],
    [16, 4],
    [18, 7],
  ]);
  pen.lineCap = 'butt';
  pen.strokeStyle = ink.rail;
  pen.lineWidth = (width + 1) / frame.scale;
  for (const path of paths) pen.stroke(path);
  pen.strokeStyle = ink.railGap;
  pen.lineWidth = (width - 0.4) / frame.scale;
  pen.setLineDash([8 / frame.scale, 8 / frame.scale]);
  for (const path of paths) pen.stroke(path);
  pen.setLineDash([]);
}

export function paintBuildings(
  pen: CanvasRenderingContext2D,
  frame: Frame,
  fabric: Fabric,
  ink: Ink,
): void {
  if (frame.zoom < 15.25) return;
  inWorld(pen, frame);
  pen.fillStyle = ink.building;
  pen.strokeStyle = ink.buildingEdge;
  pen.lineWidth =
    ramp(frame.zoom, [
      [15, 0.3],
      [18, 0.9],
    ]) / frame.scale;
  for (const path of fabric.buildings.paths(frame.box, levelOf(frame.zoom), '', true)) {
    pen.fill(path, 'evenodd');
    if (frame.zoom >= 16) pen.stroke(path);
  }
}
