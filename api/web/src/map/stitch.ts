/** Borders of a group of courtyards, put together from the arcs that they do not share. */

/**
 * Chain directed arcs into rings.
 *
 * An arc is its number, or `~number` when it is walked backwards; `from` and `to` are the nodes where
 * arcs begin and end. Every node of a border is left as often as it is reached, so each walk comes
 * home; where rings touch in a point any way through is right, the area is the same.
 */
export function stitch(
  directed: readonly number[],
  from: ArrayLike<number>,
  to: ArrayLike<number>,
): number[][] {
  const leaving = new Map<number, number[]>();
  for (const ref of directed) {
    const node = ref < 0 ? to[~ref]! : from[ref]!;
    const list = leaving.get(node);
    if (list) list.push(ref);
    else leaving.set(node, [ref]);
  }
  const rings: number[][] = [];
  for (const ref of directed) {
    const begin = ref < 0 ? to[~ref]! : from[ref]!;
    let list = leaving.get(begin);
    // walked already as a part of an earlier ring
    if (!list?.includes(ref)) continue;
    const ring: number[] = [];
    let node = begin;
    while (list && list.length > 0) {
      const next: number = list.pop()!;
      ring.push(next);
      node = next < 0 ? from[~next]! : to[next]!;
      if (node === begin) break;
      list = leaving.get(node);
    }
    rings.push(ring);
  }
  return rings;
}

/** Put the lines of a ring's arcs one after another; points where arcs meet are said once. */
export function ringLine(
  ring: readonly number[],
  lineOf: (arc: number) => Float32Array,
): Float32Array {
  let length = 0;
  for (const ref of ring) length += lineOf(ref < 0 ? ~ref : ref).length - 2;
  const flat = new Float32Array(length + 2);
  let at = 0;
  for (const ref of ring) {
    const line = lineOf(ref < 0 ? ~ref : ref);
    if (ref < 0) {
      for (let i = line.length - 2; i >= 2; i -= 2) {
        flat[at++] = line[i]!;
        flat[at++] = line[i + 1]!;
      }
    } else {
      flat.set(line.subarray(0, line.length - 2), at);
      at += line.length - 2;
    }
  }
  flat[at] = flat[0]!;
  flat[at + 1] = flat[1]!;
  return flat;
}

export function lengthOf(line: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i + 3 < line.length; i += 2) {
    sum += Math.hypot(line[i + 2]! - line[i]!, line[i + 3]! - line[i + 1]!);
  }
  return sum;
}

/** Area of a closed ring; its sign tells the way round. */
export function areaOf(ring: ArrayLike<number>): number {
  let sum = 0;
  const n = ring.length;
  for (let i = 0; i + 3 < n; i += 2) {
    sum += ring[i]! * ring[i + 3]! - ring[i + 2]! * ring[i + 1]!;
  }
  if (n >= 4) sum += ring[n - 2]! * ring[1]! - ring[0]! * ring[n - 1]!;
  return sum / 2;
}
