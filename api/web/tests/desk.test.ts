/** The pure parts of the desk: targets of a move, the change of figures, the steps of a plan. */
import { describe, expect, test } from 'vitest';
import { language } from '../src/app/state';
import {
  change,
  changeOfGrid,
  changeOfWhole,
  countRows,
  totalsOf,
  touchedGrids,
} from '../src/desk/change';
import { cell, csvOf } from '../src/desk/csv';
import { actsOf, chinaDay, mayEdit, stepsOf, waitsFor } from '../src/desk/steps';
import {
  bandOf,
  candidatesFor,
  gridsBeside,
  type Maths,
  mergeInto,
  neighbourGrids,
  splitOff,
} from '../src/desk/targets';
import { moment } from '../src/desk/tell';
import type { PlanDetail } from '../src/desk/wire';
import { applyEdits } from '../src/model/edits';
import type { Ground } from '../src/model/ground';
import type { GridFacts, Layout } from '../src/model/layout';
import type { Finding, Me, PlanInfo } from '../src/model/types';
import type { Approval } from '../src/net/calls';

/*
 * A road of six courtyards, 100 households each; a grid has 100 to 300.
 *
 *   a - b - c - d - e - f
 *   1   1   2   2   2   3
 */
const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];
const CODES = ['370202001001001', '370202001001002', '370202001001003'] as const;
const [ONE, TWO, THREE] = CODES;

const ground = {
  n: 6,
  courtyards: IDS.map((id, row) => ({
    row,
    id,
    name: `${id} 院`,
    community: '370202001001',
    households: 100,
    load: 100,
    part: 0,
    spot: row,
  })),
  rowOf: new Map(IDS.map((id, row) => [id, row])),
  communities: new Map([['370202001001', { id: '370202001001', name: '甲社区' }]]),
  parts: [{ id: 'p', community: '370202001001', low: 100, high: 300, reason: { zh: '', en: '' } }],
  neighbourStart: Int32Array.from([0, 1, 3, 5, 7, 9, 10]),
  neighbours: Int32Array.from([1, 0, 2, 1, 3, 2, 4, 3, 5, 4]),
  wire: { rules: { target: 200 }, retired: [] },
} as unknown as Ground;

function facts(code: string, rows: number): GridFacts {
  return {
    code,
    name: `第${code.slice(-1)}网格`,
    serial: Number(code.slice(-3)),
    community: '370202001001',
    households: rows * 100,
    nCourtyards: rows,
    walkMean: 50,
    walkMax: 90,
    deviation: (rows * 100 - 200) / 200,
    beat: null,
    roomM: null,
    medoid: null,
  };
}

const layout: Layout = {
  plan: { plan_id: 2, status: 'draft' } as PlanInfo,
  groundKey: 'k',
  codeOf: [ONE, ONE, TWO, TWO, TWO, THREE],
  grids: new Map([
    [ONE, facts(ONE, 2)],
    [TWO, facts(TWO, 3)],
    [THREE, facts(THREE, 1)],
  ]),
  former: new Map(),
  locks: new Set(),
  report: {},
  created: null,
};

function finding(kind: Finding['kind'], code: string): Finding {
  const severity = kind === 'out_of_band' ? 'soft' : 'hard';
  return { kind, severity, grid_code: code, courtyard_ids: [], words: { zh: kind, en: kind } };
}

/** On a road, a grid hangs together if its rows have no gap. */
const maths: Maths = {
  apply: (given, on, edits) => applyEdits(given, on, edits),
  judge: (given, _, only) => {
    const found: Finding[] = [];
    for (const code of only) {
      const rows = given.codeOf
        .map((held, row) => (held === code ? row : -1))
        .filter((r) => r >= 0);
      if (!rows.length) continue;
      if (rows[rows.length - 1]! - rows[0]! !== rows.length - 1)
        found.push(finding('broken', code));
      if (rows.length > 3) found.push(finding('out_of_band', code));
    }
    return found;
  },
};

describe('targets', () => {
  test('neighbours are the grids across usable borders, never the own one', () => {
    expect([...neighbourGrids(layout, ground, new Set([1]))]).toEqual([[TWO, 1]]);
    expect([...neighbourGrids(layout, ground, new Set([2, 3, 4])).keys()]).toEqual([ONE, THREE]);
    expect([...gridsBeside(layout, ground, THREE).keys()]).toEqual([TWO]);
  });

  test('picks of two grids may go to either of them', () => {
    const found = neighbourGrids(layout, ground, new Set([1, 2]));
    expect([...found.keys()].sort()).toEqual([ONE, TWO]);
  });

  test('each candidate tells what becomes of both grids', () => {
    const [best] = candidatesFor(layout, ground, maths, new Set([4]));
    expect(best!.target).toMatchObject({ code: THREE, households: [100, 200], band: 'in' });
    expect(best!.sources).toMatchObject([{ code: TWO, households: [300, 200], isJoined: true }]);
    expect(best!.worse).toEqual([]);
  });

  test('what tears a grid apart comes last and says so', () => {
    const found = candidatesFor(layout, ground, maths, new Set([3]));
    expect(found).toEqual([]);
    const torn = candidatesFor(layout, ground, maths, new Set([0, 2]));
    const toOne = torn.find((one) => one.to === ONE)!;
    const toTwo = torn.find((one) => one.to === TWO)!;
    expect(toOne.worse).toEqual([]);
    expect(toTwo.worse.map((one) => one.kind).sort()).toEqual(['broken', 'out_of_band']);
    expect(toTwo.target).toMatchObject({ band: 'heavy', isJoined: false });
    expect(torn[0]).toBe(toOne);
  });

  test('a new grid and a merger are foreseen as well', () => {
    const fresh = splitOff(layout, ground, maths, new Set([0]));
    expect(fresh).toMatchObject({ to: null, refusal: null });
    expect(fresh.target).toMatchObject({ households: [0, 100], name: '甲社区第4网格' });
    const merged = mergeInto(layout, ground, maths, THREE, TWO);
    expect(merged.target).toMatchObject({ households: [300, 400], band: 'heavy' });
    expect(merged.sources).toMatchObject([{ code: THREE, band: 'gone' }]);
  });

  test('a lock refuses with its reason', () => {
    const locked = { ...layout, locks: new Set([`grid:${THREE}`]) };
    const [only] = candidatesFor(locked, ground, maths, new Set([4]));
    expect(only!.refusal).toMatchObject({ word: 'fault_locked_grid' });
  });

  test('the band is that of the part with most of the grid', () => {
    expect(bandOf(layout, ground, ONE)).toEqual([100, 300]);
    expect(bandOf(layout, ground, 'gone')).toBeNull();
  });
});

describe('change of figures', () => {
  const after = applyEdits(layout, ground, [{ op: 'move', courtyards: ['e'], to: THREE }]);

  test('only grids that a move touched are told', () => {
    expect(touchedGrids(layout, after)).toEqual([TWO, THREE]);
  });

  test('nearer to the target is better, whatever the sign', () => {
    expect(change('deviation', 0.5, -0.1).tone).toBe('better');
    expect(change('deviation', -0.1, 0.5).tone).toBe('worse');
    expect(change('deviation', -0.2, 0.2).tone).toBe('same');
    expect(change('walk_mean', 50, 40).tone).toBe('better');
    expect(change('households', 100, 200).tone).toBe('plain');
    expect(change('walk_mean', null, 40).tone).toBe('plain');
  });

  test('a grid is changed, new or ended', () => {
    const none = new Set<string>();
    expect(changeOfGrid(TWO, layout, after, none, none)).toMatchObject({ state: 'changed' });
    const merged = applyEdits(layout, ground, [{ op: 'merge', grid: THREE, into: TWO }]);
    const ended = changeOfGrid(THREE, layout, merged, none, none);
    expect(ended.state).toBe('ended');
    expect(ended.figures[0]).toMatchObject({ before: 100, after: 0 });
    const outside = changeOfGrid(TWO, layout, merged, none, new Set([TWO]));
    expect(outside.figures.find((one) => one.figure === 'in_band')!.tone).toBe('worse');
  });

  test('the whole counts grids, spread and faults', () => {
    const before = totalsOf(layout, []);
    expect(before).toMatchObject({ grids: 3, households: 600, share_in_band: 1, walk_mean: 50 });
    expect(before.cv).toBeCloseTo(Math.sqrt(2 / 3) / 2);
    const now = totalsOf(after, [finding('out_of_band', TWO)]);
    const rows = changeOfWhole(before, now);
    expect(rows.find((row) => row.figure === 'cv')!.tone).toBe('better');
    expect(rows.find((row) => row.figure === 'soft')!.tone).toBe('worse');
  });

  test('hidden households make the sum unknown', () => {
    expect(countRows(ground, [0, 1])).toEqual({ courtyards: 2, households: 200 });
    const hidden = {
      courtyards: ground.courtyards.map((one, i) => (i ? one : { ...one, households: null })),
    } as unknown as Ground;
    expect(countRows(hidden, [0, 1]).households).toBeNull();
  });
});

describe('steps', () => {
  const plan = {
    plan_id: 2,
    status: 'draft',
    scope: null,
    merged_into: null,
    proposed_by: null,
    approved_by: null,
    published_by: null,
    effective_date: null,
  } as unknown as PlanDetail;
  const who = (name: string, role: Me['role'], subdistrict: string | null = null): Me => ({
    name,
    role,
    subdistrict,
    permissions: {
      viewer: ['read'],
      clerk: ['read', 'see_drafts', 'edit', 'export', 'comment'],
      planner: ['read', 'see_drafts', 'edit', 'export', 'comment', 'compute'],
      approver: ['read', 'see_drafts', 'export', 'comment', 'approve'],
      admin: ['read', 'administer', 'audit'],
    }[role] as Me['permissions'],
  });
  const planner = who('p', 'planner');
  const clerk = who('c', 'clerk', '370202001');
  const approver = who('a', 'approver');
  const states = (given: PlanDetail, approvals: Approval[] = []) =>
    stepsOf(given, approvals).map((step) => `${step.name}:${step.state}`);

  test('a draft stands before its first step', () => {
    expect(states(plan)).toEqual(['propose:now', 'review:ahead', 'approve:ahead', 'effect:ahead']);
    expect(actsOf(plan, planner)).toEqual(['submit', 'withdraw']);
    expect(actsOf(plan, approver)).toEqual([]);
    expect(waitsFor(plan, approver)).toBe('editor');
    expect(actsOf(plan, null)).toEqual([]);
  });

  test('a clerk submits the own subdistrict only', () => {
    expect(actsOf(plan, clerk)).toEqual([]);
    expect(actsOf({ ...plan, scope: '370202001' }, clerk)).toEqual(['submit', 'withdraw']);
    expect(mayEdit({ status: 'draft', scope: '370202002' }, clerk)).toBe(false);
    expect(mayEdit({ status: 'draft', scope: null }, clerk)).toBe(true);
    expect(mayEdit({ status: 'proposed', scope: null }, planner)).toBe(false);
    expect(mayEdit({ status: 'draft', scope: null }, approver)).toBe(false);
  });

  test('nobody approves what one proposed', () => {
    const proposed = { ...plan, status: 'proposed', proposed_by: 'a' } as PlanDetail;
    expect(actsOf(proposed, approver)).toEqual(['agree', 'object', 'send_back']);
    expect(waitsFor(proposed, approver)).toBe('own_proposal');
    const others = { ...proposed, proposed_by: 'p' };
    expect(actsOf(others, approver)).toContain('approve');
    expect(states(others)).toEqual(['propose:done', 'review:now', 'approve:now', 'effect:ahead']);
    expect(waitsFor(others, planner)).toBe('approver');
  });

  test('approved waits for its decree, then for its day', () => {
    const approved = { ...plan, status: 'approved', proposed_by: 'p' } as PlanDetail;
    expect(actsOf(approved, approver)).toContain('publish');
    expect(states(approved)[3]).toBe('effect:now');
    const upcoming = { ...approved, status: 'upcoming' } as PlanDetail;
    expect(states(upcoming)[3]).toBe('effect:now');
    expect(actsOf(upcoming, approver)).toEqual([]);
    expect(states({ ...approved, status: 'in_force' } as PlanDetail)[3]).toBe('effect:done');
  });

  test("a subdistrict's own draft ends in the district's", () => {
    const own = { ...plan, scope: '370202001', status: 'proposed', proposed_by: 'c' } as PlanDetail;
    expect(states(own)).toEqual(['propose:done', 'review:now', 'merge:now']);
    expect(actsOf(own, approver)).not.toContain('approve');
    expect(waitsFor(own, planner)).toBe('planner_merges');
    const merged = { ...own, status: 'withdrawn', merged_into: 5 } as PlanDetail;
    expect(states(merged)).toEqual(['propose:done', 'review:done', 'merge:done']);
  });

  test('a withdrawn plan stops where it was', () => {
    const ended = { ...plan, status: 'withdrawn' } as PlanDetail;
    expect(states(ended)).toEqual([
      'propose:stopped',
      'review:stopped',
      'approve:stopped',
      'effect:stopped',
    ]);
  });

  test('the day is that of China', () => {
    expect(chinaDay(new Date('2026-02-28T17:00:00Z'))).toBe('2026-03-01');
    expect(chinaDay(new Date('2026-02-28T17:00:00Z'), 366)).toBe('2027-03-02');
  });
});

describe('tables for spreadsheets', () => {
  test('no cell is taken for a formula, no code for a number', () => {
    expect(cell('=1+1')).toBe("'=1+1");
    expect(cell(' @cmd')).toBe("' @cmd");
    // as a Chinese keyboard writes them
    for (const sign of '＝＋－＠') expect(cell(`${sign}1`)).toBe(`'${sign}1`);
    expect(cell('a,"b"')).toBe('"a,""b"""');
    expect(cell(ONE)).toBe(`${ONE}\t`);
    expect(cell(null)).toBe('');
    expect(csvOf([['a', 1]])).toBe('\ufeffa,1\r\n');
  });
});

test('a moment is a day as everywhere on the page, and a time', () => {
  const noon = new Date(2026, 2, 1, 12, 5).toISOString();
  expect(moment(noon)).toBe('2026年3月1日 12:05');
  language.value = 'en';
  expect(moment(noon)).toBe('1 Mar 2026 12:05');
  language.value = 'zh';
  expect(moment(null)).toBe('');
});
