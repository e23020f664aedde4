/** The grids of a layout as shapes; what an edit did not touch is kept from before. */
import type { Layout } from '../model/layout';
import { deepest } from './inside';
import { trace } from './patches';
import type { Scene } from './scene';
import { ringLine, stitch } from './stitch';
import { type Box, emptyBox, join } from './world';

/** What lies on the two sides of an arc. */
export const SAME = 0;
export const GRID = 1;
export const COMMUNITY = 2;
export const SUBDISTRICT = 3;
export const EDGE = 4;

export class GridShape {
  readonly box: Box;
  private readonly byLevel = new Map<number, Path2D>();
  private middle: { x: number; y: number; depth: number } | null = null;

  constructor(
    readonly code: string,
    readonly rows: readonly number[],
    private readonly scene: Scene,
    /** rings as chains of arcs */
    readonly rings: readonly number[][],
  ) {
    let box = emptyBox();
    for (const row of rows) box = join(box, scene.footprintBox(row));
    this.box = box;
  }

  lines(level: number): Float32Array[] {
    return this.rings.map((ring) => ringLine(ring, (arc) => this.scene.arcAt(level, arc)));
  }

  path(level: number): Path2D {
    let path = this.byLevel.get(level);
    if (!path) {
      path = new Path2D();
      for (const line of this.lines(level)) trace(path, line, true);
      this.byLevel.set(level, path);
    }
    return path;
  }

  /** Where its number stands, and how much room there is around it. */
  anchor(): { x: number; y: number; depth: number } {
    if (!this.middle) {
      const lines = this.lines(15);
      if (lines.length > 0) {
        this.middle = deepest(lines);
      } else {
        const row = this.rows[0]!;
        this.middle = {
          x: this.scene.spots[2 * row]!,
          y: this.scene.spots[2 * row + 1]!,
          depth: 0,
        };
      }
    }
    return this.middle;
  }
}

/** Rows of each grid code, in order of rows. */
export function rowsByCode(codeOf: readonly string[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  codeOf.forEach((code, row) => {
    if (code === '') return;
    const rows = groups.get(code);
    if (rows) rows.push(row);
    else groups.set(code, [row]);
  });
  return groups;
}

/** Stitch the footprints of rows to one shape. */
export function shapeOf(code: string, rows: readonly number[], scene: Scene): GridShape {
  const members = new Set(rows);
  const border: number[] = [];
  for (const row of rows) {
    for (const ref of scene.arcsOf[row]!) {
      const arc = scene.ground.arcs[ref < 0 ? ~ref : ref]!;
      const other = ref < 0 ? arc.left : arc.right;
      if (!members.has(other)) border.push(ref);
    }
  }
  return new GridShape(code, rows, scene, stitch(border, scene.from, scene.to));
}

export class GridShapes {
  readonly shapes = new Map<string, GridShape>();
  /** SAME … EDGE of each arc */
  readonly sides: Uint8Array;
  private readonly paths = new Map<number, Map<string, Path2D>>();

  constructor(
    readonly scene: Scene,
    readonly layout: Layout,
    before: GridShapes | null,
  ) {
    const old = before?.scene === scene ? before : null;
    for (const [code, rows] of rowsByCode(layout.codeOf)) {
      const kept = old?.shapes.get(code);
      const isKept = kept && isEqual(kept.rows, rows);
      this.shapes.set(code, isKept ? kept : shapeOf(code, rows, scene));
    }
    this.sides = sidesOf(scene, layout.codeOf);
    if (old) {
      for (const [place, paths] of old.paths) this.paths.set(place, paths);
      for (let i = 0; i < this.sides.length; i++) {
        if (this.sides[i] !== old.sides[i]) this.paths.delete(scene.patches.patchOf[i]!);
      }
    }
  }

  /** Paths of the borders in view, by what they part. */
  borders(box: Box, level: number, side: number): Path2D[] {
    const found: Path2D[] = [];
    const { patches } = this.scene;
    for (const patch of patches.inView(box)) {
      const place = patches.patchOf[patch.items[0]!]!;
      let paths = this.paths.get(place);
      if (!paths) {
        paths = new Map();
        this.paths.set(place, paths);
      }
      const key = `${level}:${side}`;
      let path = paths.get(key);
      if (!path) {
        path = new Path2D();
        for (const arc of patch.items) {
          if (this.sides[arc] === side) trace(path, this.scene.arcAt(level, arc));
        }
        paths.set(key, path);
      }
      found.push(path);
    }
    return found;
  }
}

function sidesOf(scene: Scene, codeOf: readonly string[]): Uint8Array {
  const { ground } = scene;
  const subdistrictOf = (row: number) =>
    ground.communities.get(ground.courtyards[row]!.community)?.parent;
  const sides = new Uint8Array(ground.arcs.length);
  ground.arcs.forEach(({ left, right }, i) => {
    if (left < 0 || right < 0) sides[i] = EDGE;
    else if (codeOf[left] === codeOf[right]) sides[i] = SAME;
    else if (ground.courtyards[left]!.community === ground.courtyards[right]!.community) {
      sides[i] = GRID;
    } else sides[i] = subdistrictOf(left) === subdistrictOf(right) ? COMMUNITY : SUBDISTRICT;
  });
  return sides;
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
