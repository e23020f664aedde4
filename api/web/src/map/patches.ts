/**
 * Things that are drawn together, cut into patches of neighbours: a view draws only the patches that
 * it shows, each in one stroke, and a change redraws only its own patch.
 */
import Flatbush from 'flatbush';
import type { Box } from './world';
import { emptyBox } from './world';

export interface Patch {
  items: number[];
  /** drawn before: one path a key; null: there is nothing of the kind */
  paths: Map<string, Path2D | null>;
}

export class Patches {
  readonly patches: Patch[] = [];
  readonly patchOf: Int32Array;
  private readonly tree: Flatbush | null;

  /** boxes: four numbers an item; size: of a patch, world units. */
  constructor(boxes: Float32Array, size: number) {
    const n = boxes.length / 4;
    this.patchOf = new Int32Array(n);
    const places = new Map<string, number>();
    const hulls: Box[] = [];
    for (let i = 0; i < n; i++) {
      const box = boxes.subarray(4 * i, 4 * i + 4);
      const column = Math.floor((box[0]! + box[2]!) / 2 / size);
      const key = `${column}:${Math.floor((box[1]! + box[3]!) / 2 / size)}`;
      let place = places.get(key);
      if (place === undefined) {
        place = this.patches.length;
        places.set(key, place);
        this.patches.push({ items: [], paths: new Map() });
        hulls.push(emptyBox());
      }
      this.patchOf[i] = place;
      this.patches[place]!.items.push(i);
      const hull = hulls[place]!;
      hull[0] = Math.min(hull[0], box[0]!);
      hull[1] = Math.min(hull[1], box[1]!);
      hull[2] = Math.max(hull[2], box[2]!);
      hull[3] = Math.max(hull[3], box[3]!);
    }
    this.tree = hulls.length > 0 ? new Flatbush(hulls.length) : null;
    for (const hull of hulls) this.tree!.add(...hull);
    this.tree?.finish();
  }

  inView(box: Box): Patch[] {
    return this.tree ? this.tree.search(...box).map((place) => this.patches[place]!) : [];
  }

  /** Forget what was drawn of a patch. */
  touch(item: number): void {
    this.patches[this.patchOf[item]!]!.paths.clear();
  }
}

/** Add a line to a path. */
export function trace(path: Path2D, line: ArrayLike<number>, isClosed = false): void {
  path.moveTo(line[0]!, line[1]!);
  for (let i = 2; i < line.length; i += 2) path.lineTo(line[i]!, line[i + 1]!);
  if (isClosed) path.closePath();
}

/** An index over boxes, four numbers each; null when there are none. */
export function indexOf(boxes: Float32Array): Flatbush | null {
  const n = boxes.length / 4;
  if (n === 0) return null;
  const tree = new Flatbush(n);
  for (let i = 0; i < n; i++) {
    tree.add(boxes[4 * i]!, boxes[4 * i + 1]!, boxes[4 * i + 2]!, boxes[4 * i + 3]!);
  }
  tree.finish();
  return tree;
}
