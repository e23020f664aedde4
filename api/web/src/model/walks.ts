/** Walks between courtyards, and the figures of a grid that follow from them. (Owner: C) */
import type { Ground } from './ground';
import type { DetailWire } from './types';

/** Streets are longer than the straight line by about so much, where no walk is known. */
const DETOUR = 1.3;

/** Return the metres in a millionth of a degree at a latitude, eastwards and northwards (WGS84). */
function metresAt(latitude: number): [number, number] {
  const phi = (latitude * Math.PI) / 180;
  return [
    (111412.84 * Math.cos(phi) - 93.5 * Math.cos(3 * phi)) / 1e6,
    (111132.92 - 559.82 * Math.cos(2 * phi) + 1.175 * Math.cos(4 * phi)) / 1e6,
  ];
}

export interface Walks {
  /** metres on foot between two rows */
  metres(a: number, b: number): number;
}

export interface GridFigures {
  households: number | null;
  /** what balances the grids; the households, mostly */
  load: number;
  nCourtyards: number;
  walkMean: number | null;
  walkMax: number | null;
  medoid: number | null;
}

/** Decode the walks: a square for each part, since grids lie in one part, mostly. */
export function decodeWalks(detail: Pick<DetailWire, 'walks'>, ground: Ground): Walks {
  const n = ground.n;
  const part = new Int32Array(n);
  const local = new Int32Array(n);
  const sizes: number[] = [];
  for (let row = 0; row < n; row++) {
    const own = ground.courtyards[row]!.part;
    part[row] = own;
    local[row] = sizes[own] ?? 0;
    sizes[own] = local[row]! + 1;
  }
  const squares = sizes.map((size) => new Float64Array((size ?? 0) ** 2).fill(-1));
  const { a, b, m } = detail.walks;
  for (let i = 0; i < a.length; i++) {
    const [p, q] = [a[i]!, b[i]!];
    if (part[p] === part[q]) {
      const square = squares[part[p]!]!;
      const size = sizes[part[p]!]!;
      square[local[p]! * size + local[q]!] = m[i]!;
      square[local[q]! * size + local[p]!] = m[i]!;
    }
  }
  function straight(p: number, q: number): number {
    const [from, to] = [ground.courtyards[p]!.at, ground.courtyards[q]!.at];
    const [east, north] = metresAt((ground.origin[1] + (from[1] + to[1]) / 2) / 1e6);
    return Math.hypot((from[0] - to[0]) * east, (from[1] - to[1]) * north) * DETOUR;
  }
  return {
    metres(p, q) {
      if (p === q) {
        return 0;
      }
      if (part[p] === part[q]) {
        const known = squares[part[p]!]![local[p]! * sizes[part[p]!]! + local[q]!]!;
        if (known >= 0) {
          return known;
        }
      }
      return straight(p, q);
    },
  };
}

/** Return the row to which the others walk least, and what they walk together. */
export function medoidOf(
  rows: readonly number[],
  ground: Ground,
  walks: Walks,
): { medoid: number; cost: number } {
  let medoid = -1;
  let least = Infinity;
  for (const to of rows) {
    let cost = 0;
    for (const from of rows) {
      cost += ground.courtyards[from]!.load * walks.metres(from, to);
    }
    if (cost < least) {
      least = cost;
      medoid = to;
    }
  }
  return { medoid, cost: least };
}

/** Return the figures of the grid that some rows (ascending) make. */
export function gridFigures(
  rows: readonly number[],
  ground: Ground,
  walks: Walks | null,
): GridFigures {
  let households: number | null = 0;
  let load = 0;
  for (const row of rows) {
    const courtyard = ground.courtyards[row]!;
    load += courtyard.load;
    households =
      households === null || courtyard.households === null
        ? null
        : households + courtyard.households;
  }
  const figures: GridFigures = {
    households,
    load,
    nCourtyards: rows.length,
    walkMean: null,
    walkMax: null,
    medoid: null,
  };
  if (walks === null || rows.length === 0) {
    return figures;
  }
  const { medoid, cost } = medoidOf(rows, ground, walks);
  let [far, sum] = [0, 0];
  for (const row of rows) {
    const metres = walks.metres(row, medoid);
    far = Math.max(far, metres);
    sum += metres;
  }
  figures.medoid = medoid;
  figures.walkMax = far;
  // a grid without households still has a walk: that of its courtyards
  figures.walkMean = load > 0 ? cost / load : sum / rows.length;
  return figures;
}
