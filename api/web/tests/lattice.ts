/**
 * A town drawn by hand: two communities of 4 x 2 courtyards, each in two grids.
 *
 *     west 370202001001     east 370202001002
 *     c00 c01 | c02 c03 | c10 c11 | c12 c13      every courtyard has 100 households
 *     c04 c05 | c06 c07 | c14 c15 | c16 c17      and touches those beside, above and below
 *      ...001     ...002     ...001     ...002
 */
import { decodeGround, type Ground } from '../src/model/ground';
import { decodeLayout, type Layout } from '../src/model/layout';
import type { GroundWire, LayoutWire, PlanInfo, TableWire } from '../src/model/types';

export const WEST = '370202001001';
export const EAST = '370202001002';
const PHRASES = [
  'unassigned',
  'split_community',
  'broken',
  'torn',
  'too_light',
  'too_heavy',
  'station_area',
  'locked_rule',
  'code_form',
  'code_retired',
  'too_far',
  'together',
  'apart',
];

const NONE: TableWire = { columns: [], rows: [] };

interface Yard {
  id: string;
  community: string;
  grid: string;
  x: number;
  y: number;
}

export function yards(): Yard[] {
  const found: Yard[] = [];
  for (const [i, community] of [WEST, EAST].entries()) {
    for (let k = 0; k < 8; k++) {
      const [x, y] = [k % 4, Math.floor(k / 4)];
      const grid = `${community}00${x < 2 ? 1 : 2}`;
      found.push({ id: `c${i}${k}`, community, grid, x: 4 * i + x, y });
    }
  }
  return found;
}

export function groundWire(): GroundWire {
  const all = yards();
  const edges = { a: [] as number[], b: [] as number[] };
  all.forEach((p, a) => {
    all.forEach((q, b) => {
      if (a < b && Math.abs(p.x - q.x) + Math.abs(p.y - q.y) === 1) {
        edges.a.push(a);
        edges.b.push(b);
      }
    });
  });
  const frames = Object.fromEntries(
    PHRASES.map((phrase) => [phrase, `${phrase} {grid} {courtyards} {n} {load} {low} {high}`]),
  );
  const phrases = {
    ...frames,
    titled: '{name} ({id})',
    more: '{listed} and {n} more',
    comma: ', ',
    households: 'households',
    load: 'load',
  };
  return {
    key: 'lattice',
    origin: [120_300_000, 36_000_000],
    district: {
      code: '370202',
      name: '小城',
      synthetic: true,
      estimated: false,
      attribution: '',
      weight: 'households',
    },
    subdistricts: { columns: ['subdistrict_code', 'name'], rows: [['370202001', '海滨街道']] },
    communities: {
      columns: ['community_code', 'name', 'subdistrict_code'],
      rows: [
        [WEST, '西岸社区', '370202001'],
        [EAST, '东岸社区', '370202001'],
      ],
    },
    courtyards: {
      columns: [
        'courtyard_id',
        'name',
        'address',
        'community_code',
        'households',
        'load',
        'part',
        'spot',
        'station',
        'beat_id',
        'at',
      ],
      rows: all.map((one, row) => [
        one.id,
        `海滨路${row + 1}号院`,
        `海滨路${row + 1}号`,
        one.community,
        100,
        100,
        one.community === WEST ? 0 : 1,
        row,
        0,
        'B1',
        [one.x * 1000, one.y * 1000],
      ]),
    },
    cells: { arcs: [], left: [], right: [] },
    parts: {
      columns: ['part_id', 'community_code', 'low', 'high', 'reason_zh', 'reason_en'],
      rows: [
        ['p0', WEST, 200, 600, '', ''],
        ['p1', EAST, 200, null, '', ''],
      ],
    },
    edges: { ...edges, usable: edges.a.map(() => 1), barrier: edges.a.map(() => null) },
    rules: { target: 400, walk_max_m: null, together: [], apart: [], locked: [] },
    retired: [],
    stations: { columns: ['station_id', 'name'], rows: [['S1', '海滨派出所']] },
    beats: { columns: ['beat_id', 'name', 'station_id'], rows: [['B1', '第1警格', 'S1']] },
    basic_grids: NONE,
    landscape: null,
    coast: null,
    roads: null,
    phrases: { zh: phrases, en: phrases },
  };
}

export function planInfo(revision = 0): PlanInfo {
  return {
    plan_id: 1,
    title: '草案',
    status: 'draft',
    revision,
    etag: `1-${revision}`,
    district_code: '370202',
    scope: null,
    base_plan_id: null,
    document_no: null,
    effective_date: null,
    made_by: 'anna',
    made_at: null,
  };
}

export function layoutWire(
  assignment: ReadonlyMap<string, string> = new Map(yards().map((one) => [one.id, one.grid])),
  names: ReadonlyMap<string, string> = new Map(),
  locks: Iterable<string> = [],
  revision = 0,
): LayoutWire {
  const codes = [...new Set(assignment.values())].sort();
  return {
    ground: 'lattice',
    plan: planInfo(revision),
    codes,
    grid_ix: yards().map(({ id }) => codes.indexOf(assignment.get(id)!)),
    grids: {
      columns: ['grid_code', 'name', 'serial', 'community_code', 'n_courtyards'],
      rows: codes.map((code) => [
        code,
        names.get(code) ?? `第${Number(code.slice(-3))}网格`,
        Number(code.slice(-3)),
        code.slice(0, -3),
        [...assignment.values()].filter((one) => one === code).length,
      ]),
    },
    locks: [...locks],
    report: {},
    created: null,
  };
}

export function lattice(): { ground: Ground; layout: Layout } {
  const ground = decodeGround(groundWire());
  return { ground, layout: decodeLayout(layoutWire(), ground) };
}
