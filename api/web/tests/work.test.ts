/** The pure parts of the weekly work: coverage, beats, what the tables of a change list hold. */
import { describe, expect, test } from 'vitest';
import { decodeGround, type Ground } from '../src/model/ground';
import type { Layout } from '../src/model/layout';
import {
  beatsOfGrid,
  shortBeat,
  splitGrids,
  stationFigures,
  tryBeat,
} from '../src/work/beat_figures';
import { type Rejected, rejectTable, templateOf } from '../src/work/change_list';
import { bundlesOf, coverOfGrid, coverOfGrids } from '../src/work/cover_figures';
import { EAST, groundWire, lattice, WEST } from './lattice';

const [W1, W2, E1, E2] = [`${WEST}001`, `${WEST}002`, `${EAST}001`, `${EAST}002`] as const;

/** The town of `lattice`, its grids led by beats 1, 1, 2 and 2 of one station, 400 households each. */
function town(change: (ground: Ground) => void = () => undefined): {
  ground: Ground;
  layout: Layout;
} {
  const wire = groundWire();
  wire.beats = {
    columns: ['beat_id', 'name', 'station_id'],
    rows: [
      ['B1', '海滨派出所第1警格', 'S1'],
      ['B2', '海滨派出所第2警格', 'S1'],
      ['B9', '山上派出所第1警格', 'S2'],
    ],
  };
  const ground = decodeGround(wire);
  change(ground);
  const { layout } = lattice();
  const leads: Record<string, string> = { [W1]: 'B1', [W2]: 'B1', [E1]: 'B2', [E2]: 'B2' };
  layout.grids.forEach((grid) => {
    grid.households = 400;
    grid.beat = leads[grid.code]!;
  });
  return { ground, layout };
}

function tell(ground: Ground, name: string, values: Record<string, string>): void {
  for (const yard of ground.courtyards) yard.more[name] = values[yard.id] ?? 'none';
}

describe('coverage', () => {
  const property = (values: Record<string, string>) => {
    const { ground, layout } = town((land) => tell(land, 'property_service', values));
    const rows = ground.courtyards.filter((one) => layout.codeOf[one.row] === W1);
    return coverOfGrid(
      W1,
      rows.map((one) => one.row),
      ground,
      'property',
    );
  };

  test('half is not enough, more than half is', () => {
    expect(property({ c00: 'contract', c01: 'contract' }).state).toBe('none');
    expect(property({ c00: 'contract', c01: 'contract', c04: 'contract' }).state).toBe('with');
  });

  test('what is on trial counts, and gives its name where it is more', () => {
    const two = { c00: 'trial', c01: 'trial', c04: 'contract' };
    expect(property(two)).toMatchObject({ state: 'trial', n: { trial: 200, with: 100 }, of: 400 });
    expect(property({ ...two, c05: 'contract' }).state).toBe('with');
  });

  test('what nobody told may tip the scale, and is not counted as none', () => {
    const { ground } = town((land) => tell(land, 'committee', { c00: 'owners', c01: 'self' }));
    ground.courtyards[4]!.more.committee = null;
    expect(coverOfGrid(W1, [0, 1, 4, 5], ground, 'committee').state).toBe('unknown');
  });

  test('where counts are hidden, courtyards count', () => {
    const { ground } = town((land) => tell(land, 'committee', { c00: 'owners' }));
    ground.courtyards[0]!.households = null;
    const told = coverOfGrid(W1, [0, 1, 4, 5], ground, 'committee');
    expect(told).toMatchObject({ byCourtyards: true, of: 4, households: null, state: 'none' });
  });

  test('every grid is in one state', () => {
    const { ground, layout } = town((land) => tell(land, 'committee', {}));
    expect(coverOfGrids(layout, ground, 'committee').map((one) => [one.code, one.state])).toEqual([
      [W1, 'none'],
      [W2, 'none'],
      [E1, 'none'],
      [E2, 'none'],
    ]);
  });

  test('neighbours without make a bundle, also over the border of communities', () => {
    const { ground, layout } = town();
    const all = bundlesOf(layout, ground, new Set([W1, W2, E1, E2]));
    expect(all).toEqual([
      { codes: [W1, W2, E1, E2], households: 1600, courtyards: 16, communities: [WEST, EAST] },
    ]);
    // W2 parts them
    expect(bundlesOf(layout, ground, new Set([W1, E1, E2])).map((one) => one.codes)).toEqual([
      [E1, E2],
    ]);
  });

  test('a wall parts a bundle, the border of a community does not', () => {
    const { ground, layout } = town();
    const { a, b, usable, barrier } = ground.wire.edges;
    const between = (i: number) =>
      ground.courtyards[a[i]!]!.community !== ground.courtyards[b[i]!]!.community;
    a.forEach((_, i) => {
      if (between(i)) usable[i] = 0;
    });
    const codes = new Set([W2, E1]);
    expect(bundlesOf(layout, ground, codes)).toHaveLength(1);
    a.forEach((_, i) => {
      if (between(i)) barrier[i] = 'wall';
    });
    expect(bundlesOf(layout, ground, codes)).toHaveLength(0);
  });
});

describe('beats', () => {
  test('a station adds up its beats, without those of others', () => {
    const { ground, layout } = town();
    const told = stationFigures('S1', layout, ground);
    expect(told).toMatchObject({ grids: 4, households: 1600, mean: 800, cv: 0 });
    expect(told.beats.map((beat) => [beat.short, beat.grids.length, beat.deviation])).toEqual([
      ['第1警格', 2, 0],
      ['第2警格', 2, 0],
    ]);
    expect(shortBeat('B9', ground, 'S1')).toBe('山上派出所第1警格');
    expect(stationFigures('S2', layout, ground)).toMatchObject({ grids: 0, cv: null });
  });

  test('a grid lies in several beats where its households do', () => {
    const { ground, layout } = town((land) => {
      for (const yard of land.courtyards) yard.beat = yard.community === WEST ? 'B1' : 'B2';
      land.courtyards[0]!.beat = 'B2';
      land.courtyards[9]!.beat = null;
      land.courtyards[9]!.households = 300;
    });
    expect(beatsOfGrid(W1, [0, 1, 4, 5], layout, ground)).toMatchObject({
      parts: [
        { beat: 'B1', households: 300 },
        { beat: 'B2', households: 100 },
      ],
      inside: 0.75,
    });
    const split = splitGrids(stationFigures('S1', layout, ground), layout, ground);
    expect(split.map((one) => [one.code, one.inside])).toEqual([
      [E1, 0.5],
      [W1, 0.75],
    ]);
  });

  test('a move that is tried changes both beats and the spread, and nothing else', () => {
    const { ground, layout } = town();
    const told = tryBeat(W2, 'B2', layout, ground)!;
    expect(told.before.from).toMatchObject({ id: 'B1', households: 800 });
    expect(told.after.from).toMatchObject({ id: 'B1', households: 400, deviation: -0.5 });
    expect(told.after.to).toMatchObject({ id: 'B2', households: 1200, deviation: 0.5 });
    expect(told.after.station).toMatchObject({ households: 1600, cv: 0.5 });
    expect(layout.grids.get(W2)!.beat).toBe('B1');
  });

  test('a grid moves to another beat of its own station only', () => {
    const { ground, layout } = town();
    expect(tryBeat(W2, 'B1', layout, ground)).toBeNull();
    expect(tryBeat(W2, 'B9', layout, ground)).toBeNull();
    expect(tryBeat('none', 'B2', layout, ground)).toBeNull();
  });
});

describe('change list', () => {
  test('a template lists courtyards by grid, with room for where to', () => {
    const { ground, layout } = town();
    const lines = templateOf(layout, ground, new Set([WEST])).split('\r\n');
    expect(lines[0]).toBe('\ufeff楼院编号,楼院名称,地址,社区,现网格,划入网格,新网格名,备注');
    expect(lines[1]).toBe('c00,海滨路1号院,海滨路1号,西岸社区,第1网格,,,');
    expect(lines.slice(1, 9).map((line) => line.slice(0, 3))).toEqual(
      'c00 c01 c04 c05 c02 c03 c06 c07'.split(' '),
    );
    expect(lines[9]).toBe('');
  });

  test('the report names row, field, value, reason and remedy, and runs nothing', () => {
    const one: Rejected = {
      sheet: '',
      row: 7,
      field: 'to',
      column: '',
      value: '=1+1',
      kind: 'unknown_grid',
      reason: { zh: '没有这个网格。', en: '' },
      remedy: { zh: '改填，序号', en: '' },
    };
    expect(rejectTable([one])).toBe(
      "\ufeff行,字段,值,原因,怎么改\r\n7,划入网格,'=1+1,没有这个网格。,改填，序号\r\n",
    );
    const sheets = rejectTable([{ ...one, sheet: '甲', column: '拟划入' }]);
    expect(sheets).toContain('工作表,行');
    expect(sheets).toContain('甲,7,拟划入');
  });
});
