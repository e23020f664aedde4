/** Whether points lie inside; where a name finds most room. */
import type { Box } from './world';
import { emptyBox, grow } from './world';

/** Count the crossings of one line with a ray to the east of a point; odd in all: inside. */
export function crossings(line: ArrayLike<number>, x: number, y: number): number {
  let n = 0;
  for (let i = 0; i + 3 < line.length; i += 2) {
    const ay = line[i + 1]!;
    const by = line[i + 3]!;
    if (ay > y !== by > y) {
      const ax = line[i]!;
      if (x < ax + ((y - ay) / (by - ay)) * (line[i + 2]! - ax)) n += 1;
    }
  }
  return n;
}

/** Tell whether a point lies inside closed rings (holes count as outside). */
export function isInside(rings: readonly ArrayLike<number>[], x: number, y: number): boolean {
  let n = 0;
  for (const ring of rings) n += crossings(ring, x, y);
  return n % 2 === 1;
}

/** Tell whether a point lies inside a hand-drawn line, which need not be closed. */
export function isLassoed(lasso: readonly number[], x: number, y: number): boolean {
  const n = lasso.length;
  if (n < 6) return false;
  const last = [lasso[n - 2]!, lasso[n - 1]!, lasso[0]!, lasso[1]!];
  return (crossings(lasso, x, y) + crossings(last, x, y)) % 2 === 1;
}

/** Square of the distance from a point to the nearest ring. */
function edgeDistance(rings: readonly ArrayLike<number>[], x: number, y: number): number {
  let best = Infinity;
  for (const ring of rings) {
    for (let i = 0; i + 3 < ring.length; i += 2) {
      const ax = ring[i]!;
      const ay = ring[i + 1]!;
      const dx = ring[i + 2]! - ax;
      const dy = ring[i + 3]! - ay;
      const length = dx * dx + dy * dy;
      const share = length > 0 ? ((x - ax) * dx + (y - ay) * dy) / length : 0;
      const t = Math.max(0, Math.min(1, share));
      const px = x - ax - t * dx;
      const py = y - ay - t * dy;
      const away = px * px + py * py;
      if (away < best) best = away;
    }
  }
  return best;
}

/**
 * Find a point deep inside rings: the best of a lattice, then of two finer ones around it.
 *
 * Not the exact pole of inaccessibility, but within a few per cent of it, which no reader sees.
 */
export function deepest(rings: readonly Float32Array[]): { x: number; y: number; depth: number } {
  const box: Box = emptyBox();
  for (const ring of rings) grow(box, ring);
  let best = { x: (box[0] + box[2]) / 2, y: (box[1] + box[3]) / 2, depth: -Infinity };
  let width = box[2] - box[0];
  let height = box[3] - box[1];
  for (let round = 0; round < 3; round++) {
    const { x: cx, y: cy } = best;
    const steps = round === 0 ? 7 : 4;
    for (let i = 0; i < steps; i++) {
      for (let j = 0; j < steps; j++) {
        const x = cx + ((i + 0.5) / steps - 0.5) * width;
        const y = cy + ((j + 0.5) / steps - 0.5) * height;
        const away = Math.sqrt(edgeDistance(rings, x, y));
        const depth = isInside(rings, x, y) ? away : -away;
        if (depth > best.depth) best = { x, y, depth };
      }
    }
    width /= steps / 1.5;
    height /= steps / 1.5;
  }
  return best;
}
