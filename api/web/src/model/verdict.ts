/**
 * The verdict: what is wrong with a layout, as geogrid/governance/verdict.py tells it. (Owner: C)
 *
 * Kinds, severities, codes, courtyards and words are equal to the server's, which
 * tests/e2e/test_web_units.py proves on a thousand moves. The whole layout is judged anew each
 * time: on typed arrays that is a few milliseconds, so there is no second, incremental truth.
 */
import { type Bench, benchOf } from './bench';
import { isTemporary } from './edits';
import type { Ground } from './ground';
import { type Layout, serialOf } from './layout';
import { courtyardsListed, fill, grouped } from './phrases';
import type { Finding, FindingKind, Language } from './types';
import { medoidOf, type Walks } from './walks';

const SOFT: ReadonlySet<FindingKind> = new Set(['out_of_band', 'station_area', 'empty', 'rule']);
const LANGUAGES: readonly Language[] = ['zh', 'en'];
/** what rounding may add to a sum of households */
const SLACK = 1e-6;
/** nobody's home still counts as a little */
const LITTLE = 1e-6;

/** Hold one layout while it is judged. */
class Draft {
  readonly bench: Bench;
  /** codes in use, sorted; a grid's label is its place here */
  readonly codes: string[];
  readonly found: Finding[] = [];
  nAssigned = 0;

  constructor(
    readonly layout: Layout,
    readonly ground: Ground,
    readonly only: ReadonlySet<string> | undefined,
  ) {
    this.bench = benchOf(ground);
    const { codeOf } = layout;
    const used = new Set(codeOf);
    used.delete('');
    this.codes = [...used].sort();
    const number = new Map(this.codes.map((code, i) => [code, i]));
    const { label, start, members } = this.bench;
    start.fill(0);
    for (let row = 0; row < ground.n; row++) {
      const own = codeOf[row] === '' ? -1 : number.get(codeOf[row]!)!;
      label[row] = own;
      if (own >= 0) {
        start[own + 1]!++;
        this.nAssigned++;
      }
    }
    const k = this.codes.length;
    for (let grid = 0; grid < k; grid++) start[grid + 1]! += start[grid]!;
    const next = start.slice(0, k);
    for (let row = 0; row < ground.n; row++) {
      if (label[row]! >= 0) members[next[label[row]!]!++] = row;
    }
  }

  rowsOf(grid: number): Int32Array {
    return this.bench.members.subarray(this.bench.start[grid]!, this.bench.start[grid + 1]!);
  }

  /**
   * Mark the rows that are not of the kind that holds most of them; of equals the first counts.
   * Returns that kind, and whether any row is marked.
   */
  markStrays(rows: Iterable<number>, kind: Int32Array, weights: Float64Array): [number, boolean] {
    const { held, seen, stray } = this.bench;
    const kinds: number[] = [];
    for (const row of rows) {
      const own = kind[row]! + 1;
      if (seen[own] === 0) {
        seen[own] = 1;
        held[own] = 0;
        kinds.push(own);
      }
      held[own]! += weights[row]! + LITTLE;
      stray[row] = 0;
    }
    let main = -1;
    for (const own of kinds) {
      seen[own] = 0;
      if (main < 0 || held[own]! > held[main]! || (held[own] === held[main] && own < main)) {
        main = own;
      }
    }
    if (kinds.length > 1) {
      for (const row of rows) stray[row] = kind[row]! + 1 === main ? 0 : 1;
    }
    return [main - 1, kinds.length > 1];
  }

  marked(rows: Iterable<number>): number[] {
    const found: number[] = [];
    for (const row of rows) {
      if (this.bench.stray[row] === 1) found.push(row);
    }
    return found;
  }

  /** Note a finding, with its sentence in every language. */
  tell(
    kind: FindingKind,
    code: string,
    rows: Iterable<number> = [],
    phrase: string = kind,
    values: (frames: Record<string, string>) => Record<string, string> = () => ({}),
  ): void {
    if (this.only && !this.only.has(code)) {
      return;
    }
    const { rank } = this.bench;
    const sorted = [...rows].sort((p, q) => rank[p]! - rank[q]!);
    const words = {} as Record<Language, string>;
    const named = this.layout.grids.get(code)?.name ?? this.layout.former.get(code);
    // a grid that nobody named bears its code
    const name = named === code ? '' : named;
    for (const language of LANGUAGES) {
      const frames = this.ground.wire.phrases[language];
      const titled = isTemporary(code) ? name! : fill(frames.titled!, { name: name!, id: code });
      words[language] = fill(frames[phrase]!, {
        grid: name ? titled : code,
        courtyards: courtyardsListed(sorted, this.ground, frames),
        n: String(sorted.length),
        ...values(frames),
      });
    }
    this.found.push({
      kind,
      severity: SOFT.has(kind) ? 'soft' : 'hard',
      grid_code: code,
      courtyard_ids: sorted.map((row) => this.ground.courtyards[row]!.id),
      words,
    });
  }
}

/** Join the rows that hang together inside their grids; the lowest row names a piece. */
function findPieces(bench: Bench): void {
  const { a, b, label, root } = bench;
  for (let row = 0; row < root.length; row++) root[row] = row;
  const top = (row: number) => {
    let at = row;
    while (root[at] !== at) {
      root[at] = root[root[at]!]!;
      at = root[at]!;
    }
    return at;
  };
  for (let i = 0; i < a.length; i++) {
    const own = label[a[i]!]!;
    if (own < 0 || own !== label[b[i]!]) continue;
    const p = top(a[i]!);
    const q = top(b[i]!);
    if (p < q) root[q] = p;
    else root[p] = q;
  }
  for (let row = 0; row < root.length; row++) root[row] = top(row);
}

/** Find grids over a community border, and grids that do not hang together. */
function judgePieces(draft: Draft, homes: Int32Array): void {
  const { bench, codes, ground } = draft;
  const broken: [number, number[]][] = [];
  findPieces(bench);
  for (let grid = 0; grid < codes.length; grid++) {
    const rows = draft.rowsOf(grid);
    const [main, isSplit] = draft.markStrays(rows, bench.community, bench.loads);
    homes[grid] = main;
    let away: number[] = [];
    if (isSplit) {
      const home = bench.communities[main]!;
      const name = ground.communities.get(home)?.name ?? home;
      draft.tell('split_community', codes[grid]!, draft.marked(rows), undefined, () => ({
        home: name,
      }));
      // of each community the heaviest piece stays
      for (const own of new Set(Array.from(rows, (row) => bench.community[row]!))) {
        const part = rows.filter((row) => bench.community[row] === own);
        draft.markStrays(part, bench.root, bench.loads);
        away = away.concat(draft.marked(part));
      }
    } else if (draft.markStrays(rows, bench.root, bench.loads)[1]) {
      away = draft.marked(rows);
    }
    if (away.length > 0) broken.push([grid, away]);
  }
  for (const [grid, rows] of broken) draft.tell('broken', codes[grid]!, rows);
  for (const row of bench.torn) {
    const spot = bench.spot[row]!;
    if (bench.label[row]! >= 0 && bench.label[row] !== bench.label[spot]) {
      draft.tell('broken', codes[bench.label[row]!]!, [spot, row], 'torn');
    }
  }
}

/** Return which grids are exactly one that the rules lock. */
function keptWhole(draft: Draft): Set<number> {
  const { label, start } = draft.bench;
  const whole = new Set<number>();
  for (const group of draft.ground.wire.rules.locked) {
    const own = label[group[0] ?? -1] ?? -1;
    const isOne = group.every((row) => label[row] === own);
    if (own >= 0 && isOne && start[own + 1]! - start[own]! === group.length) whole.add(own);
  }
  return whole;
}

/** Find grids with too few or too many households, and walks beyond the limit. */
function judgeBands(draft: Draft, walks: Walks | null): void {
  const { bench, codes, ground } = draft;
  const whole = keptWhole(draft);
  const unit = ground.wire.district.weight === 'households' ? 'households' : 'load';
  for (let grid = 0; grid < codes.length; grid++) {
    const rows = draft.rowsOf(grid);
    let load = 0;
    for (const row of rows) load += bench.loads[row]!;
    const [home] = draft.markStrays(rows, bench.part, bench.loads);
    const { low, high } = ground.parts[home]!;
    if (whole.has(grid) || (load >= low - SLACK && load <= high + SLACK)) continue;
    draft.tell(
      'out_of_band',
      codes[grid]!,
      [],
      load < low ? 'too_light' : 'too_heavy',
      (frames) => ({
        load: grouped(load),
        low: grouped(low),
        high: grouped(high),
        unit: frames[unit] ?? '',
      }),
    );
  }
  const limit = ground.wire.rules.walk_max_m;
  if (limit === null || walks === null || draft.nAssigned < ground.n) {
    return;
  }
  for (let grid = 0; grid < codes.length; grid++) {
    if (whole.has(grid)) continue;
    const rows = Array.from(draft.rowsOf(grid));
    const { medoid } = medoidOf(rows, ground, walks);
    const far = rows.filter((row) => walks.metres(row, medoid) > limit + SLACK);
    if (far.length > 0) {
      draft.tell('rule', codes[grid]!, far, 'too_far', () => ({ limit: grouped(limit) }));
    }
  }
}

/** Find grids whose households live in the areas of several police stations. */
function judgeAreas(draft: Draft): void {
  const { bench, codes, ground } = draft;
  if (ground.beats.size === 0) {
    return;
  }
  for (let grid = 0; grid < codes.length; grid++) {
    const rows = draft.rowsOf(grid);
    const [own, isTorn] = draft.markStrays(rows, bench.station, bench.households);
    if (isTorn) {
      const station = ground.stations[own];
      draft.tell('station_area', codes[grid]!, draft.marked(rows), undefined, () => ({
        station: station?.name || station?.id || '',
      }));
    }
  }
}

/** Find what the rules lock and is no grid of its own. */
function judgeLocks(draft: Draft): void {
  const { label, start } = draft.bench;
  for (const group of draft.ground.wire.rules.locked) {
    const rows = [...group].sort((p, q) => p - q);
    if (rows.length === 0) continue;
    const own = label[rows[0]!]!;
    const isOne = own >= 0 && rows.every((row) => label[row] === own);
    if (!isOne || start[own + 1]! - start[own]! !== rows.length) {
      draft.tell('locked', own >= 0 ? draft.codes[own]! : '', rows, 'locked_rule');
    }
  }
}

/** Find codes that are not their community's, or were given before. */
function judgeCodes(draft: Draft, homes: Int32Array): void {
  const { bench, codes } = draft;
  codes.forEach((code, grid) => {
    // the server has not given this one yet
    if (isTemporary(code)) return;
    const home = bench.communities[homes[grid]!]!;
    if (serialOf(code) === 0 || code.slice(0, -3) !== home) {
      draft.tell('code', code, [], 'code_form', () => ({ home }));
    } else if (bench.retired.has(code)) {
      draft.tell('code', code, [], 'code_retired');
    }
  });
}

/** Find courtyards that the plan's rules want together or apart, and are not. */
function judgeKept(draft: Draft): void {
  const { label } = draft.bench;
  const { together, apart } = draft.ground.wire.rules;
  for (const group of together) {
    const grids = new Set(group.map((row) => label[row]!));
    if (grids.size > 1) {
      const first = Math.min(...[...grids].filter((grid) => grid >= 0));
      draft.tell('rule', draft.codes[first]!, group, 'together');
    }
  }
  for (const pair of apart) {
    const own = label[pair[0]!]!;
    if (own >= 0 && own === label[pair[1]!]) draft.tell('rule', draft.codes[own]!, pair, 'apart');
  }
}

/**
 * Find every fault of a layout: hard ones first, then by kind and grid.
 *
 * With `only`, those of some grids. Walks beyond a limit of the rules are told once walks are
 * there. Locks that people set are no matter here: what is locked cannot be moved.
 */
export function judge(
  layout: Layout,
  ground: Ground,
  walks: Walks | null,
  only?: ReadonlySet<string>,
): Finding[] {
  const draft = new Draft(layout, ground, only);
  if (draft.nAssigned < ground.n) {
    const lost: number[] = [];
    layout.codeOf.forEach((code, row) => {
      if (code === '') lost.push(row);
    });
    draft.tell('unassigned', '', lost);
  }
  const homes = new Int32Array(draft.codes.length);
  judgePieces(draft, homes);
  judgeBands(draft, walks);
  judgeAreas(draft);
  judgeLocks(draft);
  judgeCodes(draft, homes);
  judgeKept(draft);
  const order = (p: string, q: string) => (p < q ? -1 : p > q ? 1 : 0);
  return draft.found.sort(
    (p, q) =>
      order(p.severity, q.severity) || order(p.kind, q.kind) || order(p.grid_code, q.grid_code),
  );
}
