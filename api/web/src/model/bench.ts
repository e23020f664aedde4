/** What the verdict works on: a ground's rows as typed arrays, made once. (Owner: C) */
import type { Ground } from './ground';

/** A ground's rows as arrays, and room to work in. */
export interface Bench {
  loads: Float64Array;
  households: Float64Array;
  part: Int32Array;
  spot: Int32Array;
  station: Int32Array;
  community: Int32Array;
  communities: string[];
  /** ends of the usable edges */
  a: Int32Array;
  b: Int32Array;
  torn: number[];
  /** order of the rows by id, to sort courtyards */
  rank: Int32Array;
  retired: Set<string>;
  label: Int32Array;
  root: Int32Array;
  /** members of each grid, as offsets into `members`; rows ascend */
  start: Int32Array;
  members: Int32Array;
  stray: Uint8Array;
  held: Float64Array;
  seen: Int32Array;
}

const benches = new WeakMap<Ground, Bench>();

/** Return a ground's bench; it is made once. */
export function benchOf(ground: Ground): Bench {
  const kept = benches.get(ground);
  if (kept) {
    return kept;
  }
  const { n, courtyards } = ground;
  const ints = (of: (row: number) => number) => Int32Array.from(courtyards, (one) => of(one.row));
  const communities = [...new Set(courtyards.map((one) => one.community))].sort();
  const numbers = new Map(communities.map((code, i) => [code, i]));
  const { a, b, usable } = ground.wire.edges;
  const held = a.map((_, i) => i).filter((i) => usable[i] === 1);
  const order = courtyards.map((one) => one.row);
  order.sort((p, q) => (courtyards[p]!.id < courtyards[q]!.id ? -1 : 1));
  const rank = new Int32Array(n);
  order.forEach((row, i) => {
    rank[row] = i;
  });
  const kinds = Math.max(n, communities.length, ground.parts.length, ground.stations.length) + 1;
  const made: Bench = {
    loads: Float64Array.from(courtyards, (one) => one.load),
    households: Float64Array.from(courtyards, (one) => one.households ?? 0),
    part: ints((row) => courtyards[row]!.part),
    spot: ints((row) => courtyards[row]!.spot),
    station: ints((row) => courtyards[row]!.station),
    community: ints((row) => numbers.get(courtyards[row]!.community)!),
    communities,
    a: Int32Array.from(held, (i) => a[i]!),
    b: Int32Array.from(held, (i) => b[i]!),
    torn: order.filter((row) => courtyards[row]!.spot !== row).sort((p, q) => p - q),
    rank,
    retired: new Set(ground.wire.retired),
    label: new Int32Array(n),
    root: new Int32Array(n),
    start: new Int32Array(n + 2),
    members: new Int32Array(n),
    stray: new Uint8Array(n),
    held: new Float64Array(kinds),
    seen: new Int32Array(kinds),
  };
  benches.set(ground, made);
  return made;
}
