/** Where picked courtyards might go, and what would become of every grid concerned. Pure. */
import type { Ground } from '../model/ground';
import type { Layout } from '../model/layout';
import type { Edit, Finding } from '../model/types';

/** What becomes of one grid. */
export interface Outcome {
  code: string;
  name: string;
  households: [number | null, number | null];
  courtyards: [number, number];
  /** 'gone': nothing is left of it */
  band: 'in' | 'light' | 'heavy' | 'gone';
  limits: [number, number] | null;
  isJoined: boolean;
  isNested: boolean;
}

export interface Candidate {
  edits: Edit[];
  /** null: a new grid */
  to: string | null;
  /** pairs of neighbours across the border that would vanish */
  links: number;
  target: Outcome;
  sources: Outcome[];
  /** faults of the grids concerned that are not there yet, and those that would go */
  worse: Finding[];
  mended: Finding[];
  /** why it cannot be done at all; null: it can */
  refusal: Error | null;
}

/** The parts of the model that are needed here; handed in, so that tests can draw a town. */
export interface Maths {
  apply(layout: Layout, ground: Ground, edits: Edit[]): Layout;
  judge(layout: Layout, ground: Ground, only: Set<string>): Finding[];
}

/** Return the grids beside some rows, by how many of their usable borders lead there. */
export function neighbourGrids(
  layout: Layout,
  ground: Ground,
  rows: ReadonlySet<number>,
): Map<string, number> {
  const found = new Map<string, number>();
  const own = new Set([...rows].map((row) => layout.codeOf[row] ?? ''));
  for (const row of rows) {
    const end = ground.neighbourStart[row + 1] ?? 0;
    for (let at = ground.neighbourStart[row] ?? 0; at < end; at += 1) {
      const other = ground.neighbours[at]!;
      const code = layout.codeOf[other] ?? '';
      if (!code || rows.has(other)) continue;
      // all of them lie there already: that is no move
      if (own.size === 1 && own.has(code)) continue;
      found.set(code, (found.get(code) ?? 0) + 1);
    }
  }
  return found;
}

/** Return the codes of the grids that some rows lie in, '' left out. */
export function gridsOf(layout: Layout, rows: Iterable<number>): string[] {
  const codes = new Set<string>();
  for (const row of rows) {
    const code = layout.codeOf[row];
    if (code) codes.add(code);
  }
  return [...codes].sort();
}

/** Return the rows of a grid. */
export function rowsOfGrid(layout: Layout, code: string): number[] {
  const rows: number[] = [];
  layout.codeOf.forEach((held, row) => {
    if (held === code) rows.push(row);
  });
  return rows;
}

/** Return the grids beside a grid, by how many usable borders they share. */
export function gridsBeside(layout: Layout, ground: Ground, code: string): Map<string, number> {
  return neighbourGrids(layout, ground, new Set(rowsOfGrid(layout, code)));
}

const keyOf = (f: Finding) => `${f.kind} ${f.grid_code} ${f.courtyard_ids.join(' ')}`;

/** Judge what some edits would come to; nothing is done. */
export function foresee(
  layout: Layout,
  ground: Ground,
  maths: Maths,
  edits: Edit[],
  to: string | null,
  codes: readonly string[],
): Candidate {
  const empty: Outcome = {
    code: to ?? '',
    name: (to && layout.grids.get(to)?.name) || '',
    households: [null, null],
    courtyards: [0, 0],
    band: 'in',
    limits: null,
    isJoined: true,
    isNested: true,
  };
  const plain = { edits, to, links: 0, sources: [], worse: [], mended: [] };
  let after: Layout;
  try {
    after = maths.apply(layout, ground, edits);
  } catch (error) {
    return { ...plain, target: empty, refusal: error as Error };
  }
  const made = to ?? newCode(layout, after);
  const touched = new Set([...codes, made]);
  const findings = maths.judge(after, ground, touched);
  const before = maths.judge(layout, ground, touched);
  const had = new Set(before.map(keyOf));
  const has = new Set(findings.map(keyOf));
  const tell = (code: string) => outcomeOf(code, layout, after, ground, findings);
  return {
    ...plain,
    target: tell(made),
    sources: codes.filter((code) => code !== made).map(tell),
    worse: findings.filter((f) => !had.has(keyOf(f))),
    mended: before.filter((f) => !has.has(keyOf(f))),
    refusal: null,
  };
}

function newCode(before: Layout, after: Layout): string {
  for (const code of after.grids.keys()) {
    if (!before.grids.has(code) && after.codeOf.indexOf(code) >= 0) return code;
  }
  return '';
}

function outcomeOf(
  code: string,
  before: Layout,
  after: Layout,
  ground: Ground,
  findings: readonly Finding[],
): Outcome {
  const old = before.grids.get(code);
  const now = after.grids.get(code);
  const count = now?.nCourtyards ?? 0;
  const limits = bandOf(after, ground, code);
  const mine = findings.filter((f) => f.grid_code === code);
  const isOut = mine.some((f) => f.kind === 'out_of_band');
  const load = loadOf(after, ground, code);
  return {
    code,
    name: now?.name || old?.name || code,
    households: [old ? old.households : 0, count ? (now?.households ?? null) : 0],
    courtyards: [old?.nCourtyards ?? 0, count],
    band: !count ? 'gone' : !isOut ? 'in' : limits && load < limits[0] ? 'light' : 'heavy',
    limits,
    isJoined: !mine.some((f) => f.kind === 'broken'),
    isNested: !mine.some((f) => f.kind === 'split_community'),
  };
}

function loadOf(layout: Layout, ground: Ground, code: string): number {
  return rowsOfGrid(layout, code).reduce((sum, row) => sum + ground.courtyards[row]!.load, 0);
}

/** Return how many households a grid may have where most of it lies; null: nobody says. */
export function bandOf(layout: Layout, ground: Ground, code: string): [number, number] | null {
  const held = new Map<number, number>();
  for (const row of rowsOfGrid(layout, code)) {
    const yard = ground.courtyards[row]!;
    held.set(yard.part, (held.get(yard.part) ?? 0) + yard.load + 1e-6);
  }
  let best = -1;
  let most = -1;
  held.forEach((load, part) => {
    if (load > most) {
      most = load;
      best = part;
    }
  });
  const part = ground.parts[best];
  return part ? [part.low, part.high] : null;
}

/** Rank: what breaks fewest rules first, then what mends most, then the longest border. */
export function ranked(candidates: Candidate[]): Candidate[] {
  const cost = (c: Candidate) =>
    (c.refusal ? 1e9 : 0) +
    c.worse.reduce((sum, f) => sum + (f.severity === 'hard' ? 1000 : 30), 0) -
    c.mended.reduce((sum, f) => sum + (f.severity === 'hard' ? 20 : 5), 0) -
    Math.min(c.links, 4);
  return [...candidates].sort(
    (a, b) => cost(a) - cost(b) || a.target.code.localeCompare(b.target.code),
  );
}

/** Return every grid beside the picked rows as a candidate, the likeliest first. */
export function candidatesFor(
  layout: Layout,
  ground: Ground,
  maths: Maths,
  rows: ReadonlySet<number>,
): Candidate[] {
  const beside = neighbourGrids(layout, ground, rows);
  const found = [...beside].map(([code, links]) => ({
    ...giveTo(layout, ground, maths, rows, code),
    links,
  }));
  return ranked(found);
}

/** Foresee giving rows to a grid, be it a neighbour or not. */
export function giveTo(
  layout: Layout,
  ground: Ground,
  maths: Maths,
  rows: ReadonlySet<number>,
  code: string,
): Candidate {
  const moving = [...rows].filter((row) => layout.codeOf[row] !== code);
  const courtyards = moving.map((row) => ground.courtyards[row]!.id).sort();
  const edits: Edit[] = [{ op: 'move', courtyards, to: code }];
  return foresee(layout, ground, maths, edits, code, gridsOf(layout, moving));
}

/** Foresee making a new grid of rows. */
export function splitOff(
  layout: Layout,
  ground: Ground,
  maths: Maths,
  rows: ReadonlySet<number>,
): Candidate {
  const courtyards = [...rows].map((row) => ground.courtyards[row]!.id).sort();
  return foresee(layout, ground, maths, [{ op: 'split', courtyards }], null, gridsOf(layout, rows));
}

/** Foresee putting all of one grid into another. */
export function mergeInto(
  layout: Layout,
  ground: Ground,
  maths: Maths,
  grid: string,
  into: string,
): Candidate {
  return foresee(layout, ground, maths, [{ op: 'merge', grid, into }], into, [grid]);
}
