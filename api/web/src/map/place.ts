/** Where names stand: the most important first, none over another, none cut off at the edge. */
import type { Box } from './world';

export interface Wish {
  /** middle, CSS pixels */
  x: number;
  y: number;
  width: number;
  height: number;
  /** greater is more important */
  weight: number;
  /** may step aside if its place is taken */
  moves: boolean;
}

const CELL = 64;
/** pixels of air around a name */
const AIR_X = 4;
const AIR_Y = 2;
// where a name may step aside to: shares of its width and of its height
const STEPS: readonly (readonly [number, number])[] = [
  [0, 0],
  [0, -0.9],
  [0, 0.9],
  [0.4, 0],
  [-0.4, 0],
  [0, -1.7],
  [0, 1.7],
  [0.4, -1],
  [-0.4, 1],
  [-0.4, -1],
  [0.4, 1],
];

/** Boxes already taken, in a coarse raster so that asking stays cheap. */
export class Room {
  private readonly cells = new Map<number, Box[]>();

  isFree(box: Box): boolean {
    for (const key of keysOf(box)) {
      for (const other of this.cells.get(key) ?? []) {
        if (box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]) {
          return false;
        }
      }
    }
    return true;
  }

  take(box: Box): void {
    for (const key of keysOf(box)) {
      const list = this.cells.get(key);
      if (list) list.push(box);
      else this.cells.set(key, [box]);
    }
  }
}

function keysOf(box: Box): number[] {
  const keys: number[] = [];
  for (let x = Math.floor(box[0] / CELL); x <= Math.floor(box[2] / CELL); x++) {
    for (let y = Math.floor(box[1] / CELL); y <= Math.floor(box[3] / CELL); y++) {
      keys.push(x * 65536 + y);
    }
  }
  return keys;
}

/**
 * Tell whether a box is whole: inside the window or outside of it, not across its edge.
 *
 * Names outside wait in the margin and come in while the map is dragged.
 */
export function isWhole(box: Box, window: Box): boolean {
  const isInside =
    box[0] >= window[0] && box[1] >= window[1] && box[2] <= window[2] && box[3] <= window[3];
  const isOutside =
    box[2] <= window[0] || box[3] <= window[1] || box[0] >= window[2] || box[1] >= window[3];
  return isInside || isOutside;
}

/** Place one name; null: there is no room for it. */
export function placeOne(wish: Wish, room: Room, window: Box): Box | null {
  const steps = wish.moves ? STEPS : STEPS.slice(0, 1);
  for (const [right, down] of steps) {
    const left = wish.x + right * wish.width - wish.width / 2;
    const top = wish.y + down * wish.height - wish.height / 2;
    const box: Box = [
      left - AIR_X,
      top - AIR_Y,
      left + wish.width + AIR_X,
      top + wish.height + AIR_Y,
    ];
    if (isWhole(box, window) && room.isFree(box)) {
      room.take(box);
      return box;
    }
  }
  return null;
}

/** Place as many names as there is room for; boxes in the order of the wishes, null where none. */
export function placeAll(wishes: readonly Wish[], room: Room, window: Box): (Box | null)[] {
  const order = wishes
    .map((_, i) => i)
    .sort((a, b) => wishes[b]!.weight - wishes[a]!.weight || a - b);
  const boxes: (Box | null)[] = wishes.map(() => null);
  for (const i of order) boxes[i] = placeOne(wishes[i]!, room, window);
  return boxes;
}
