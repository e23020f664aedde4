import { describe, expect, test } from 'vitest';
import { legendOf, neighbourColours, PALETTE, paintOf } from '../src/model/colours';
import { compareLayouts } from '../src/model/compare';
import { countingCodes, EditError, Sheet } from '../src/model/edits';
import { codesGiven, inverseOf, isSame } from '../src/model/effects';
import { decodeShape, rowsOf, toLatLng } from '../src/model/ground';
import { applyEdits, inverse, type Layout } from '../src/model/layout';
import { grouped } from '../src/model/phrases';
import { find, makeIndex } from '../src/model/search';
import type { Edit } from '../src/model/types';
import { judge } from '../src/model/verdict';
import { decodeWalks, gridFigures } from '../src/model/walks';
import { EAST, lattice, WEST } from './lattice';

const { ground, layout } = lattice();
const W1 = `${WEST}001`;
const W2 = `${WEST}002`;
const E1 = `${EAST}001`;

function after(...edits: Edit[]): Layout {
  return applyEdits(layout, ground, edits, countingCodes());
}

function fault(...edits: Edit[]): string {
  try {
    after(...edits);
  } catch (error) {
    return (error as EditError).word;
  }
  return 'none';
}

describe('the ground', () => {
  test('shapes are a first point and steps from there', () => {
    const shape = decodeShape([
      [10, 20, 5, 0, 0, 5],
      [-1, -2],
    ]);
    expect(shape.lines.map((line) => Array.from(line))).toEqual([
      [10, 20, 15, 20, 15, 25],
      [-1, -2],
    ]);
    expect(shape.bounds).toEqual([-1, -2, 15, 25]);
    expect(toLatLng(ground, 1000, 2000)).toEqual([36.002, 120.301]);
  });

  test('tables become records', () => {
    expect(rowsOf({ columns: ['a', 'b'], rows: [[1, 2]] })).toEqual([{ a: 1, b: 2 }]);
    expect(rowsOf(null)).toEqual([]);
  });

  test('neighbours go both ways', () => {
    const { neighbourStart, neighbours } = ground;
    const of = (row: number) =>
      Array.from(neighbours.slice(neighbourStart[row], neighbourStart[row + 1])).sort();
    expect(of(0)).toEqual([1, 4]);
    expect(of(1)).toEqual([0, 2, 5]);
  });
});

describe('edits', () => {
  test('never change the layout they start from', () => {
    const before = JSON.stringify([layout.codeOf, [...layout.grids]]);
    after({ op: 'merge', grid: W1, into: W2 }, { op: 'lock', subject: `grid:${E1}` });
    expect(JSON.stringify([layout.codeOf, [...layout.grids]])).toBe(before);
  });

  test('a move makes the figures of both grids anew and leaves the others alone', () => {
    const next = after({ op: 'move', courtyards: ['c01'], to: W2 });
    expect(next.grids.get(W1)).toMatchObject({ nCourtyards: 3, households: 300, deviation: -0.25 });
    expect(next.grids.get(W2)).toMatchObject({ nCourtyards: 5, households: 500, deviation: 0.25 });
    expect(next.grids.get(E1)).toBe(layout.grids.get(E1));
  });

  test('a split makes a grid with the next name; a merge ends one, which may be filled again', () => {
    const split = after({ op: 'split', courtyards: ['c00'] });
    expect(split.grids.get('new:1')).toMatchObject({ name: '西岸社区第3网格', community: WEST });
    const merged = after({ op: 'merge', grid: W1, into: W2 });
    expect(merged.grids.has(W1)).toBe(false);
    const filled = applyEdits(merged, ground, [{ op: 'move', courtyards: ['c00'], to: W1 }]);
    expect(filled.grids.get(W1)).toMatchObject({ name: '第1网格', nCourtyards: 1 });
  });

  test('what cannot be is refused in a word of ours', () => {
    const lock: Edit = { op: 'lock', subject: `grid:${W1}` };
    expect(fault(lock, { op: 'move', courtyards: ['c00'], to: W2 })).toBe('fault_locked_grid');
    expect(fault(lock, { op: 'move', courtyards: ['c02'], to: W1 })).toBe('fault_locked_grid');
    const yard: Edit = { op: 'lock', subject: 'courtyard:c00' };
    expect(fault(yard, { op: 'merge', grid: W1, into: W2 })).toBe('fault_locked_courtyard');
    expect(fault({ op: 'move', courtyards: ['c00'], to: W1 })).toBe('fault_nothing');
    expect(fault({ op: 'merge', grid: W1, into: W1 })).toBe('fault_self');
    expect(fault({ op: 'split', courtyards: ['c00', 'c10'] })).toBe('fault_two_communities');
    expect(fault({ op: 'move', courtyards: ['zz'], to: W1 })).toBe('fault_unknown_courtyard');
    expect(fault({ op: 'rename', grid: 'zz', name: 'x' })).toBe('fault_unknown_grid');
    expect(fault({ op: 'lock', subject: 'beat:x' })).toBe('fault_subject');
  });

  test('the inverse leads back, locks and names too', () => {
    const next = after(
      { op: 'split', courtyards: ['c00'] },
      { op: 'merge', grid: W2, into: W1 },
      { op: 'rename', grid: E1, name: '东头' },
      { op: 'lock', subject: `grid:${W1}` },
    );
    const back = applyEdits(next, ground, inverse(layout, next, ground));
    expect(back.codeOf).toEqual(layout.codeOf);
    expect(back.locks).toEqual(layout.locks);
    expect(back.grids.get(E1)!.name).toBe(layout.grids.get(E1)!.name);
  });

  test('an attempt that fails leaves nothing behind', () => {
    const sheet = new Sheet(layout, ground);
    const bad: Edit[] = [
      { op: 'split', courtyards: ['c00'] },
      { op: 'move', courtyards: ['c02'], to: 'nowhere' },
    ];
    expect(() => sheet.attempt(bad, countingCodes())).toThrow(EditError);
    expect(sheet.entries).toEqual([]);
    expect(sheet.done(null).codeOf).toEqual(layout.codeOf);
  });

  test('a log entry is known again whatever code a new grid got', () => {
    const mine = new Sheet(layout, ground).attempt(
      [{ op: 'split', courtyards: ['c00', 'c01'] }],
      countingCodes(),
    );
    const theirs = new Sheet(layout, ground).attempt(
      [{ op: 'split', courtyards: ['c01', 'c00'] }],
      () => `${WEST}007`,
    );
    expect(isSame(mine, theirs)).toBe(true);
    expect([...codesGiven(mine, theirs)]).toEqual([['new:1', `${WEST}007`]]);
    expect(isSame(mine, theirs.slice(1))).toBe(false);
    expect(isSame(inverseOf(mine), theirs)).toBe(false);
  });
});

describe('the verdict', () => {
  test('a torn grid, a border and a light grid are told in order', () => {
    expect(judge(layout, ground, null)).toEqual([]);
    const next = after(
      { op: 'move', courtyards: ['c07'], to: W1 },
      { op: 'move', courtyards: ['c10', 'c14', 'c15'], to: W2 },
    );
    const found = judge(next, ground, null).map((one) => [one.kind, one.grid_code]);
    expect(found).toEqual([
      ['broken', W1],
      ['split_community', W2],
      ['out_of_band', E1],
    ]);
    expect(judge(next, ground, null, new Set([E1])).map((one) => one.kind)).toEqual([
      'out_of_band',
    ]);
  });

  test('a grid that is not saved yet is not blamed for its code', () => {
    const next = after({ op: 'split', courtyards: ['c00', 'c04'] });
    expect(judge(next, ground, null)).toEqual([]);
    const [light] = judge(after({ op: 'split', courtyards: ['c00'] }), ground, null);
    expect(light!.words.en).toContain('西岸社区第3网格 ');
    expect(light!.words.en).not.toContain('new:1');
  });

  test('numbers are written as Python writes them', () => {
    const told = [0.5, 1.5, 2.5, 999.5, 1234567.4, 12, Infinity, -1500.5].map(grouped);
    expect(told).toEqual(['0', '2', '2', '1,000', '1,234,567', '12', 'inf', '-1,500']);
  });
});

describe('walks', () => {
  const walks = decodeWalks({ walks: { a: [0, 0, 1], b: [1, 4, 4], m: [10, 30, 50] } }, ground);

  test('are the same both ways, and straight lines where none is known', () => {
    expect([walks.metres(1, 0), walks.metres(0, 0), walks.metres(4, 1)]).toEqual([10, 0, 50]);
    // a thousandth of a degree at 36 degrees north, and the detour of streets
    expect(walks.metres(2, 3)).toBeCloseTo(90.16 * 1.3, 0);
  });

  test('the medoid is where the others walk least', () => {
    const figures = gridFigures([0, 1, 4], ground, walks);
    expect(figures).toMatchObject({ medoid: 0, walkMax: 30, households: 300 });
    expect(figures.walkMean).toBeCloseTo(40 / 3);
    expect(gridFigures([0], ground, null).walkMean).toBeNull();
  });
});

describe('colours', () => {
  test('neighbours differ, and stay when others move', () => {
    const first = neighbourColours(layout, ground);
    const near = (of: Layout, colours: Map<string, number>) => {
      const { a, b } = ground.wire.edges;
      a.forEach((row, i) => {
        const [p, q] = [of.codeOf[row]!, of.codeOf[b[i]!]!];
        if (p !== q) expect(colours.get(p)).not.toBe(colours.get(q));
      });
    };
    near(layout, first);
    const next = after({ op: 'split', courtyards: ['c01'] }, { op: 'merge', grid: W2, into: W1 });
    const second = neighbourColours(next, ground);
    near(next, second);
    for (const code of [W1, E1]) expect(second.get(code)).toBe(first.get(code));
    expect(neighbourColours(layout, ground)).toEqual(first);
  });

  test('every theme has a colour for every courtyard and says what it means', () => {
    for (const theme of ['grids', 'households', 'walk', 'committee', 'beats', 'changes'] as const) {
      for (const scheme of ['light', 'dark'] as const) {
        const paint = paintOf(theme, layout, ground, { scheme, before: layout });
        expect(paint.ofRow.every((one) => /^#[0-9a-f]{6}$/.test(one))).toBe(true);
        expect(legendOf(theme, layout, ground, 'zh', scheme).title).not.toBe('');
      }
    }
    expect(PALETTE.light.length).toBe(PALETTE.dark.length);
  });
});

describe('the find box', () => {
  const index = makeIndex(ground, layout);
  const first = (text: string) => find(index, text, 3)[0]?.title;

  test.each([
    '海滨路３号',
    '海滨路 3',
    '海滨路三号',

    'c02',
    '市南区西岸社区海滨路3號',
  ])('%s', (text) => {
    expect(first(text)).toBe('海滨路3号院');
  });

  test('a number is not the beginning of another', () => {
    expect(find(index, '海滨路1', 20).map((hit) => hit.title)[0]).toBe('海滨路1号院');
  });

  test('a number that is not there gives its neighbours, its own side first', () => {
    expect(first('海滨路18号')).toBe('海滨路16号院');
    expect(first('海滨路99号')).toBeUndefined();
  });

  test('grids, communities, beats and codes', () => {
    expect(find(index, W2)[0]!.subject).toEqual({ kind: 'grid', layer: 'gov_grids', code: W2 });
    expect(first('西岸社区第2网格')).toBe('第2网格');
    expect(first('东岸')).toBe('东岸社区');
    expect(first('警格')).toBe('第1警格');
    expect(find(index, '  ')).toEqual([]);
  });
});

test('two layouts side by side', () => {
  const next = after({ op: 'split', courtyards: ['c00'] }, { op: 'merge', grid: W2, into: W1 });
  const told = compareLayouts(layout, next, ground, ground);
  expect(told.moved.map((one) => one.id)).toEqual(['c00', 'c02', 'c03', 'c06', 'c07']);
  expect(told).toMatchObject({
    movedHouseholds: 500,
    endedCodes: [W2],
    newCodes: ['new:1'],
    figures: { before: { nGrids: 4, cv: 0 }, after: { nGrids: 4, least: 100, most: 700 } },
  });
});
