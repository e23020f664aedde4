/** What an edit did to the figures: of the grids it touched, and of the whole. Pure. */
import type { Ground } from '../model/ground';
import type { GridFacts, Layout } from '../model/layout';
import type { Finding } from '../model/types';

export type Figure =
  | 'households'
  | 'courtyards'
  | 'walk_mean'
  | 'walk_max'
  | 'deviation'
  | 'in_band'
  | 'grids'
  | 'cv'
  | 'share_in_band'
  | 'hard'
  | 'soft';

export type Tone = 'better' | 'worse' | 'same' | 'plain';

export interface FigureChange {
  figure: Figure;
  before: number | null;
  after: number | null;
  tone: Tone;
}

export interface GridChange {
  code: string;
  name: string;
  state: 'changed' | 'new' | 'ended' | 'kept';
  figures: FigureChange[];
}

/** Which way a figure should go; the others have no better. */
const LOWER = new Set<Figure>(['walk_mean', 'walk_max', 'cv', 'hard', 'soft']);
const HIGHER = new Set<Figure>(['share_in_band', 'in_band']);
// below this nobody would see a difference in what is shown
const LEAST: Partial<Record<Figure, number>> = {
  walk_mean: 0.5,
  walk_max: 0.5,
  cv: 0.0005,
  share_in_band: 0.0005,
  deviation: 0.0005,
};

/** Set two values of a figure side by side and say whether that is better. */
export function change(figure: Figure, before: number | null, after: number | null): FigureChange {
  return { figure, before, after, tone: toneOf(figure, before, after) };
}

function toneOf(figure: Figure, before: number | null, after: number | null): Tone {
  if (before === null || after === null) return before === after ? 'same' : 'plain';
  const step = after - before;
  if (Math.abs(step) < (LEAST[figure] ?? 1e-9)) return 'same';
  if (figure === 'deviation') {
    const nearer = Math.abs(before) - Math.abs(after);
    return Math.abs(nearer) < LEAST.deviation! ? 'same' : nearer > 0 ? 'better' : 'worse';
  }
  if (LOWER.has(figure)) return step < 0 ? 'better' : 'worse';
  if (HIGHER.has(figure)) return step > 0 ? 'better' : 'worse';
  return 'plain';
}

/** Return the codes whose courtyards, name or households differ between two layouts of one ground. */
export function touchedGrids(a: Layout, b: Layout): string[] {
  const codes = new Set<string>();
  for (let row = 0; row < b.codeOf.length; row += 1) {
    const before = a.codeOf[row] ?? '';
    const after = b.codeOf[row] ?? '';
    if (before === after) continue;
    if (before) codes.add(before);
    if (after) codes.add(after);
  }
  for (const [code, facts] of b.grids) {
    const old = a.grids.get(code);
    if (old && old.name !== facts.name) codes.add(code);
  }
  return [...codes].sort();
}

/** Codes of the grids that are outside their band, by the findings of the verdict. */
export function outsideBand(findings: readonly Finding[]): Set<string> {
  return new Set(findings.filter((f) => f.kind === 'out_of_band').map((f) => f.grid_code));
}

/** Return how the figures of one grid changed. */
export function changeOfGrid(
  code: string,
  a: Layout,
  b: Layout,
  outsideBefore: ReadonlySet<string>,
  outsideAfter: ReadonlySet<string>,
): GridChange {
  const old = a.grids.get(code);
  const now = b.grids.get(code);
  const isThere = (facts: GridFacts | undefined): facts is GridFacts =>
    facts !== undefined && facts.nCourtyards > 0;
  const was = isThere(old);
  const is = isThere(now);
  const band = (there: boolean, outside: ReadonlySet<string>): number | null =>
    there ? (outside.has(code) ? 0 : 1) : null;
  const state = was ? (is ? 'changed' : 'ended') : is ? 'new' : 'kept';
  return {
    code,
    name: now?.name || old?.name || code,
    state,
    figures: [
      change('households', was ? old.households : 0, is ? now.households : 0),
      change('courtyards', was ? old.nCourtyards : 0, is ? now.nCourtyards : 0),
      change('walk_mean', was ? old.walkMean : null, is ? now.walkMean : null),
      change('walk_max', was ? old.walkMax : null, is ? now.walkMax : null),
      change('deviation', was ? old.deviation : null, is ? now.deviation : null),
      change('in_band', band(was, outsideBefore), band(is, outsideAfter)),
    ],
  };
}

export interface Totals {
  grids: number;
  households: number | null;
  cv: number | null;
  share_in_band: number | null;
  walk_mean: number | null;
  walk_max: number | null;
  hard: number;
  soft: number;
}

/** Return the figures of a whole layout, as far as its grids tell them. */
export function totalsOf(layout: Layout, findings: readonly Finding[] | null): Totals {
  const grids = [...layout.grids.values()].filter((grid) => grid.nCourtyards > 0);
  const known = grids.filter((grid) => grid.households !== null);
  const households = known.reduce((sum, grid) => sum + grid.households!, 0);
  const mean = known.length ? households / known.length : 0;
  const spread = known.reduce((sum, grid) => sum + (grid.households! - mean) ** 2, 0);
  const walked = known.filter((grid) => grid.walkMean !== null);
  const walkers = walked.reduce((sum, grid) => sum + grid.households!, 0);
  const way = walked.reduce((sum, grid) => sum + grid.households! * grid.walkMean!, 0);
  const longest = grids.reduce((most, grid) => Math.max(most, grid.walkMax ?? 0), 0);
  const isWhole = known.length === grids.length && grids.length > 0;
  const outside = findings === null ? null : outsideBand(findings);
  return {
    grids: grids.length,
    households: isWhole ? households : null,
    cv: isWhole && mean > 0 ? Math.sqrt(spread / known.length) / mean : null,
    share_in_band:
      outside === null || !grids.length
        ? null
        : grids.filter((grid) => !outside.has(grid.code)).length / grids.length,
    walk_mean: walkers > 0 ? way / walkers : null,
    walk_max: longest > 0 ? longest : null,
    hard: findings?.filter((f) => f.severity === 'hard').length ?? 0,
    soft: findings?.filter((f) => f.severity === 'soft').length ?? 0,
  };
}

/** Return how the figures of the whole changed. */
export function changeOfWhole(a: Totals, b: Totals): FigureChange[] {
  return [
    change('grids', a.grids, b.grids),
    change('households', a.households, b.households),
    change('cv', a.cv, b.cv),
    change('share_in_band', a.share_in_band, b.share_in_band),
    change('walk_mean', a.walk_mean, b.walk_mean),
    change('walk_max', a.walk_max, b.walk_max),
    change('hard', a.hard, b.hard),
    change('soft', a.soft, b.soft),
  ];
}

/** Count courtyards and households of some rows; households null if any is hidden. */
export function countRows(
  ground: Ground,
  rows: Iterable<number>,
): { courtyards: number; households: number | null } {
  let courtyards = 0;
  let households: number | null = 0;
  for (const row of rows) {
    const yard = ground.courtyards[row];
    if (!yard) continue;
    courtyards += 1;
    households =
      households === null || yard.households === null ? null : households + yard.households;
  }
  return { courtyards, households };
}
