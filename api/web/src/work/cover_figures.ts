/** Which grids have a committee or a property service, and which lie side by side without. Pure. */
import type { Courtyard, Ground } from '../model/ground';
import { type Layout, membersOf } from '../model/layout';

export type CoverKind = 'committee' | 'property';
/** `trial` only for property: 先尝后买, before a contract */
export type CoverState = 'with' | 'trial' | 'none' | 'unknown';

export interface GridCover {
  code: string;
  state: CoverState;
  /** households (or courtyards) in each state, and all of them */
  n: Record<CoverState, number>;
  of: number;
  /** some count is hidden or none lives there: courtyards were counted instead */
  byCourtyards: boolean;
  households: number | null;
}

const FIELDS = { committee: 'committee', property: 'property_service' } as const;

/** Return the state of one courtyard. */
export function stateOf(yard: Courtyard, kind: CoverKind): CoverState {
  const value = yard.more[FIELDS[kind]];
  if (value === 'none') return 'none';
  if (kind === 'committee') return value === 'owners' || value === 'self' ? 'with' : 'unknown';
  return value === 'contract' ? 'with' : value === 'trial' ? 'trial' : 'unknown';
}

/**
 * Return how far a grid is covered.
 *
 * The rule, since nobody states another: a grid is covered if more than half of its households
 * live in courtyards that have it; on trial, if more of these are on trial than under contract.
 */
export function coverOfGrid(
  code: string,
  rows: readonly number[],
  ground: Ground,
  kind: CoverKind,
): GridCover {
  const yards = rows.map((row) => ground.courtyards[row]!);
  const isHidden = yards.some((yard) => yard.households === null);
  const households = isHidden ? null : yards.reduce((sum, yard) => sum + yard.households!, 0);
  const byCourtyards = !households;
  const n: GridCover['n'] = { with: 0, trial: 0, none: 0, unknown: 0 };
  for (const yard of yards) n[stateOf(yard, kind)] += byCourtyards ? 1 : yard.households!;
  const of = n.with + n.trial + n.none + n.unknown;
  const held = n.with + n.trial;
  const state: CoverState =
    held * 2 > of
      ? n.trial > n.with
        ? 'trial'
        : 'with'
      : (held + n.unknown) * 2 > of
        ? 'unknown'
        : 'none';
  return { code, state, n, of, byCourtyards, households };
}

/** Return the cover of every grid, by code. */
export function coverOfGrids(layout: Layout, ground: Ground, kind: CoverKind): GridCover[] {
  const found: GridCover[] = [];
  membersOf(layout).forEach((rows, code) => {
    found.push(coverOfGrid(code, rows, ground, kind));
  });
  return found.sort((a, b) => (a.code < b.code ? -1 : 1));
}

export interface Bundle {
  codes: string[];
  households: number;
  courtyards: number;
  communities: string[];
}

/**
 * Gather grids that touch one another: what one property firm might serve.
 *
 * Grids touch where two of their courtyards do with no railway, arterial road, river or wall
 * between; the border of a community does not part them, as it does not part a firm's work.
 */
export function bundlesOf(layout: Layout, ground: Ground, codes: ReadonlySet<string>): Bundle[] {
  const parent = new Map<string, string>();
  codes.forEach((code) => {
    parent.set(code, code);
  });
  const root = (code: string): string => {
    let at = code;
    while (parent.get(at) !== at) at = parent.get(at)!;
    parent.set(code, at);
    return at;
  };
  const { a, b, usable, barrier } = ground.wire.edges;
  for (let i = 0; i < a.length; i += 1) {
    const isAcross = ground.courtyards[a[i]!]!.community !== ground.courtyards[b[i]!]!.community;
    if (usable[i] !== 1 && !(isAcross && barrier[i] === null)) continue;
    const [x, y] = [layout.codeOf[a[i]!]!, layout.codeOf[b[i]!]!];
    if (x !== y && parent.has(x) && parent.has(y)) {
      const [p, q] = [root(x), root(y)];
      if (p < q) parent.set(q, p);
      else if (q < p) parent.set(p, q);
    }
  }
  const groups = new Map<string, string[]>();
  codes.forEach((code) => {
    const top = root(code);
    const some = groups.get(top);
    if (some) some.push(code);
    else groups.set(top, [code]);
  });
  const found = Array.from(groups.values(), (some): Bundle => {
    const grids = some.sort().map((code) => layout.grids.get(code)!);
    return {
      codes: some,
      households: grids.reduce((sum, grid) => sum + (grid.households ?? 0), 0),
      courtyards: grids.reduce((sum, grid) => sum + grid.nCourtyards, 0),
      communities: [...new Set(grids.map((grid) => grid.community))].sort(),
    };
  });
  return found
    .filter((one) => one.codes.length > 1)
    .sort((p, q) => q.households - p.households || (p.codes[0]! < q.codes[0]! ? -1 : 1));
}
