/** A ground laid out for drawing: projected once, indexed, simplified by zoom when first asked for. */
import type Flatbush from 'flatbush';
import type { Ground, Named, Shape } from '../model/ground';
import { crossings, isInside } from './inside';
import { indexOf, Patches } from './patches';
import { simplify } from './simplify';
import { areaOf, lengthOf } from './stitch';
import { type Box, emptyBox, grow, join, WORLD_ZOOM, World } from './world';

/** a patch is about two screens wide at the zoom where most is drawn */
export const PATCH = 2 ** (WORLD_ZOOM - 15) * 512;
const COARSEST = 11;
/** from here on every point is drawn */
const FINEST = 18;
/** pixels by which a simplified line may be off */
const SLACK = 0.6;

/** Level of detail for a zoom. */
export function levelOf(zoom: number): number {
  return Math.max(COARSEST, Math.min(FINEST, Math.ceil(zoom - 0.25)));
}

export function toleranceAt(level: number): number {
  return level >= FINEST ? 0 : SLACK * 2 ** (WORLD_ZOOM - level);
}

/** Something with an outline: a community, a park, a road, a building. */
export interface Feature {
  id: string;
  name: string;
  kind: string;
  lines: Float32Array[];
  box: Box;
  at: [number, number] | null;
  more: Record<string, unknown>;
}

export class Scene {
  readonly world: World;
  readonly box: Box;
  readonly arcs: Float32Array[];
  readonly arcBoxes: Float32Array;
  readonly patches: Patches;
  /** nodes where arcs begin and end */
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** arcs of each row, `~arc` when the row lies right of it */
  readonly arcsOf: number[][];
  /** where each row's point lies, two numbers a row */
  readonly spots: Float32Array;
  readonly footprints: Flatbush | null;
  readonly yards: Feature[];
  readonly yardPatches: Patches;
  readonly communities: Map<string, Feature>;
  readonly subdistricts: Map<string, Feature>;
  readonly beats: Map<string, Feature>;
  readonly basicGrids: Map<string, Feature>;
  readonly landscape: Feature[];
  readonly coast: Feature[];
  readonly roads: Feature[];
  readonly stations: Feature[];
  private readonly byLevel = new Map<number, (Float32Array | undefined)[]>();

  constructor(readonly ground: Ground) {
    const world = new World(ground.origin);
    this.world = world;
    const n = ground.n;
    this.arcs = ground.arcs.map((arc) => world.line(arc.line));
    this.arcBoxes = boxesOf(this.arcs.map((arc) => grow(emptyBox(), arc)));
    this.patches = new Patches(this.arcBoxes, PATCH);
    [this.from, this.to] = nodesOf(ground);
    this.arcsOf = Array.from({ length: n }, () => []);
    ground.arcs.forEach((arc, i) => {
      if (arc.left >= 0) this.arcsOf[arc.left]!.push(i);
      if (arc.right >= 0) this.arcsOf[arc.right]!.push(~i);
    });
    this.spots = new Float32Array(2 * n);
    this.yards = ground.courtyards.map((yard, row) => {
      const at = world.point(...yard.at);
      this.spots.set(at, 2 * row);
      const lines = yard.shape ? yard.shape.lines.map((line) => world.line(line)) : [];
      const box = lines.reduce<Box>(grow, grow(emptyBox(), at));
      return { id: yard.id, name: yard.name, kind: 'yard', lines, box, at, more: {} };
    });
    this.yardPatches = new Patches(boxesOf(this.yards.map((yard) => yard.box)), PATCH / 2);
    this.footprints = indexOf(boxesOf(this.yards.map((_, row) => this.footprintBox(row))));
    const known = (table: Map<string, Named>) =>
      new Map(
        Array.from(table, ([id, named]) => [id, withoutSlivers(this.feature(named))] as const),
      );
    this.communities = known(ground.communities);
    this.subdistricts = known(ground.subdistricts);
    this.beats = known(ground.beats);
    this.basicGrids = known(ground.basicGrids);
    this.landscape = ground.landscape.map((named) => this.feature(named));
    this.coast = ground.coast.map((named) => this.feature(named));
    this.roads = ground.roads.map((named) => this.feature(named));
    this.stations = ground.stations.map((named) => this.feature(named));
    let box = emptyBox();
    for (const area of this.communities.values()) box = join(box, area.box);
    for (const yard of this.yards) box = join(box, yard.box);
    this.box = box;
  }

  feature(named: Named): Feature {
    return this.outline(named.id, named.name, named.shape, named.at, named.more);
  }

  outline(
    id: string,
    name: string,
    shape: Shape | null,
    at: readonly [number, number] | null,
    more: Record<string, unknown>,
  ): Feature {
    const lines = shape ? shape.lines.map((line) => this.world.line(line)) : [];
    const point = at ? this.world.point(at[0], at[1]) : null;
    const box = lines.reduce<Box>(grow, emptyBox());
    if (lines.length === 0 && point) grow(box, point);
    return { id, name, kind: String(more.kind ?? ''), lines, box, at: point, more };
  }

  /** An arc as it is drawn at a level of detail. */
  arcAt(level: number, arc: number): Float32Array {
    const tolerance = toleranceAt(level);
    const line = this.arcs[arc]!;
    if (tolerance === 0 || line.length <= 4) return line;
    let lines = this.byLevel.get(level);
    if (!lines) {
      lines = new Array(this.arcs.length);
      this.byLevel.set(level, lines);
    }
    let short = lines[arc];
    if (!short) {
      short = simplify(line, tolerance);
      lines[arc] = short;
    }
    return short;
  }

  footprintBox(row: number): Box {
    const box = emptyBox();
    for (const ref of this.arcsOf[row]!) {
      const at = 4 * (ref < 0 ? ~ref : ref);
      const of = this.arcBoxes;
      if (of[at]! < box[0]) box[0] = of[at]!;
      if (of[at + 1]! < box[1]) box[1] = of[at + 1]!;
      if (of[at + 2]! > box[2]) box[2] = of[at + 2]!;
      if (of[at + 3]! > box[3]) box[3] = of[at + 3]!;
    }
    return box[0] === Infinity ? [...this.yards[row]!.box] : box;
  }

  /** Rows whose points lie in a box. */
  rowsIn(box: Box): number[] {
    const found = this.footprints ? this.footprints.search(...box) : [];
    return found.filter((row) => {
      const x = this.spots[2 * row]!;
      const y = this.spots[2 * row + 1]!;
      return x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3];
    });
  }

  /**
   * Find the courtyard at a point: by its own shape, else by its footprint, else the nearest within
   * a reach (a finger is not a needle).
   */
  rowAt(x: number, y: number, reach: number): number {
    if (!this.footprints) return -1;
    const near = this.footprints.search(x - reach, y - reach, x + reach, y + reach);
    let best = -1;
    let away = reach * reach;
    let home = -1;
    for (const row of near) {
      const yard = this.yards[row]!;
      if (yard.lines.length > 0 && isInside(yard.lines, x, y)) return row;
      let n = 0;
      for (const ref of this.arcsOf[row]!) n += crossings(this.arcs[ref < 0 ? ~ref : ref]!, x, y);
      if (n % 2 === 1) home = row;
      const d = (this.spots[2 * row]! - x) ** 2 + (this.spots[2 * row + 1]! - y) ** 2;
      if (d < away) {
        away = d;
        best = row;
      }
    }
    return home >= 0 ? home : best;
  }
}

/** thinnest hole that is drawn, world units: two metres */
const THINNEST = 16;

/** Leave out rings as thin as a line: cracks between parts that were joined to one area. */
function withoutSlivers(feature: Feature): Feature {
  if (feature.lines.length < 2) return feature;
  const areas = feature.lines.map((line) => Math.abs(areaOf(line)));
  const most = Math.max(...areas);
  const lines = feature.lines.filter(
    (line, i) => areas[i] === most || (2 * areas[i]!) / lengthOf(line) > THINNEST,
  );
  return { ...feature, lines };
}

const scenes = new WeakMap<Ground, Scene>();

/** The scene of a ground; made once. */
export function sceneOf(ground: Ground): Scene {
  let scene = scenes.get(ground);
  if (!scene) {
    scene = new Scene(ground);
    scenes.set(ground, scene);
  }
  return scene;
}

export function boxesOf(boxes: readonly Box[]): Float32Array {
  const flat = new Float32Array(4 * boxes.length);
  for (let i = 0; i < boxes.length; i++) flat.set(boxes[i]!, 4 * i);
  return flat;
}

/** Number the points where arcs begin and end. */
function nodesOf(ground: Ground): [Int32Array, Int32Array] {
  const nodes = new Map<number, number>();
  const nodeOf = (x: number, y: number) => {
    // both are whole numbers below 2^26 in size
    const key = x * 67108864 + y;
    let node = nodes.get(key);
    if (node === undefined) {
      node = nodes.size;
      nodes.set(key, node);
    }
    return node;
  };
  const from = new Int32Array(ground.arcs.length);
  const to = new Int32Array(ground.arcs.length);
  ground.arcs.forEach(({ line }, i) => {
    from[i] = nodeOf(line[0]!, line[1]!);
    to[i] = nodeOf(line[line.length - 2]!, line[line.length - 1]!);
  });
  return [from, to];
}
