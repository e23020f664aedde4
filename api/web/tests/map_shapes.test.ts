import { describe, expect, it } from 'vitest';
import { isInside, isLassoed } from '../src/map/inside';
import { simplify } from '../src/map/simplify';
import { areaOf, ringLine, stitch } from '../src/map/stitch';

/** A small generator, so that every run sees the same numbers (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * A lattice of squares whose borders are arcs:
 *
 *   +---+---+      node (i, j) = j * (n + 1) + i
 *   | 0 | 1 |      each arc has a kink, so that it is worth simplifying
 *   +---+---+
 */
function lattice(n: number) {
  const node = (i: number, j: number) => j * (n + 1) + i;
  const square = (i: number, j: number) => (i < 0 || j < 0 || i >= n || j >= n ? -1 : j * n + i);
  const arcs: { line: Float32Array; left: number; right: number; from: number; to: number }[] = [];
  for (let j = 0; j <= n; j++) {
    for (let i = 0; i < n; i++) {
      const line = Float32Array.of(10 * i, 10 * j, 10 * i + 5, 10 * j + 1, 10 * i + 10, 10 * j);
      const [left, right] = [square(i, j), square(i, j - 1)];
      arcs.push({ line, left, right, from: node(i, j), to: node(i + 1, j) });
      const across = Float32Array.of(10 * j, 10 * i, 10 * j + 1, 10 * i + 5, 10 * j, 10 * i + 10);
      arcs.push({
        line: across,
        left: square(j - 1, i),
        right: square(j, i),
        from: node(j, i),
        to: node(j, i + 1),
      });
    }
  }
  return arcs;
}

function borderOf(arcs: ReturnType<typeof lattice>, group: ReadonlySet<number>): number[] {
  const border: number[] = [];
  arcs.forEach(({ left, right }, i) => {
    if (group.has(left) !== group.has(right)) border.push(group.has(left) ? i : ~i);
  });
  return border;
}

function ringsOf(arcs: ReturnType<typeof lattice>, group: ReadonlySet<number>): Float32Array[] {
  const from = arcs.map((arc) => arc.from);
  const to = arcs.map((arc) => arc.to);
  return stitch(borderOf(arcs, group), from, to).map((ring) =>
    ringLine(ring, (arc) => arcs[arc]!.line),
  );
}

const total = (rings: Float32Array[]) => rings.reduce((sum, ring) => sum + areaOf(ring), 0);

describe('stitching arcs to rings', () => {
  const n = 12;
  const arcs = lattice(n);
  const single = Array.from({ length: n * n }, (_, i) => total(ringsOf(arcs, new Set([i]))));

  it('keeps the area of any group, with holes and with touching corners', () => {
    const next = random(1);
    for (let round = 0; round < 200; round++) {
      const group = new Set<number>();
      for (let i = 0; i < n * n; i++) if (next() < 0.55) group.add(i);
      const rings = ringsOf(arcs, group);
      const expected = [...group].reduce((sum, i) => sum + single[i]!, 0);
      expect(Math.abs(total(rings))).toBeCloseTo(Math.abs(expected), 3);
    }
  });

  it('uses each arc once and closes every ring', () => {
    const group = new Set([0, 1, 2, n, n + 2, 2 * n, 2 * n + 1, 2 * n + 2]);
    const border = borderOf(arcs, group);
    const from = arcs.map((arc) => arc.from);
    const to = arcs.map((arc) => arc.to);
    const rings = stitch(border, from, to);
    expect(rings.flat().sort()).toEqual([...border].sort());
    for (const ring of rings) {
      const line = ringLine(ring, (arc) => arcs[arc]!.line);
      expect([line[0], line[1]]).toEqual([line[line.length - 2], line[line.length - 1]]);
    }
    // eight squares around a hole
    expect(rings).toHaveLength(2);
  });

  it('leaves nothing of a group that holds nothing', () => {
    expect(stitch([], [], [])).toEqual([]);
  });
});

describe('simplifying lines', () => {
  const next = random(2);
  const wavy = (points: number) => {
    const line = new Float32Array(2 * points);
    for (let i = 0; i < points; i++) line.set([i * 10, next() * 8], 2 * i);
    return line;
  };

  it('keeps both ends and never strays beyond the tolerance', () => {
    for (let round = 0; round < 100; round++) {
      const line = wavy(3 + Math.floor(next() * 60));
      const short = simplify(line, 5);
      expect([...short.subarray(0, 2)]).toEqual([...line.subarray(0, 2)]);
      expect([...short.subarray(-2)]).toEqual([...line.subarray(-2)]);
      for (let i = 0; i < line.length; i += 2) {
        expect(away(line[i]!, line[i + 1]!, short)).toBeLessThanOrEqual(5.0001);
      }
    }
  });

  it('keeps a closed line from falling together', () => {
    const ring = Float32Array.of(0, 0, 10, 0, 10, 10, 0, 10, 0, 0);
    expect(simplify(ring, 100).length).toBeGreaterThanOrEqual(6);
    expect(simplify(ring, 1)).toEqual(ring);
  });
});

function away(x: number, y: number, line: Float32Array): number {
  let best = Infinity;
  for (let i = 0; i + 3 < line.length; i += 2) {
    const [ax, ay] = [line[i]!, line[i + 1]!];
    const [dx, dy] = [line[i + 2]! - ax, line[i + 3]! - ay];
    const length = dx * dx + dy * dy;
    const t = length > 0 ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
    best = Math.min(best, Math.hypot(x - ax - t * dx, y - ay - t * dy));
  }
  return best;
}

describe('points in a lasso', () => {
  it('agrees with the circle that was drawn', () => {
    const next = random(3);
    const lasso: number[] = [];
    for (let i = 0; i < 360; i++) {
      const angle = (i * Math.PI) / 180;
      lasso.push(50 + 40 * Math.cos(angle), 50 + 40 * Math.sin(angle));
    }
    for (let i = 0; i < 2000; i++) {
      const [x, y] = [next() * 100, next() * 100];
      const r = Math.hypot(x - 50, y - 50);
      if (Math.abs(r - 40) > 0.1) expect(isLassoed(lasso, x, y)).toBe(r < 40);
    }
  });

  it('needs no closed line, and nothing lies in a mere stroke', () => {
    expect(isLassoed([0, 0, 10, 0, 10, 10, 0, 10], 5, 5)).toBe(true);
    expect(isLassoed([0, 0, 10, 10], 5, 5)).toBe(false);
  });

  it('leaves holes out', () => {
    const outer = Float32Array.of(0, 0, 10, 0, 10, 10, 0, 10, 0, 0);
    const hole = Float32Array.of(4, 4, 6, 4, 6, 6, 4, 6, 4, 4);
    expect(isInside([outer, hole], 5, 5)).toBe(false);
    expect(isInside([outer, hole], 2, 2)).toBe(true);
  });
});
