/** What each beat of a station leads, which grids lie in several beats, and what a move would do. Pure. */
import type { Ground, Named } from '../model/ground';
import { type GridFacts, type Layout, membersOf } from '../model/layout';

export interface BeatFigures {
  id: string;
  name: string;
  /** without the station's name in front, where that is known */
  short: string;
  grids: GridFacts[];
  households: number;
  /** (households - mean of the station) / mean; null: the station leads nobody */
  deviation: number | null;
}

export interface StationFigures {
  id: string;
  beats: BeatFigures[];
  grids: number;
  households: number;
  mean: number;
  /** of the households of its beats: standard deviation by mean */
  cv: number | null;
}

/** Return a beat's name; among those of its station, without the station's. */
export function shortBeat(id: string, ground: Ground, station: string): string {
  const beat = ground.beats.get(id);
  const name = beat?.name || id;
  const above = ground.stations.find((one) => one.id === station)?.name ?? '';
  const isOwn = beat?.parent === station && above !== '' && name.indexOf(above) === 0;
  return (isOwn && name.slice(above.length).trim()) || name;
}

/** Return what the beats of a station lead; `as` tells another lead beat for some grids. */
export function stationFigures(
  station: string,
  layout: Layout,
  ground: Ground,
  as: ReadonlyMap<string, string> = new Map(),
): StationFigures {
  const led = new Map<string, GridFacts[]>();
  const own: Named[] = [];
  ground.beats.forEach((beat) => {
    if (beat.parent !== station) return;
    own.push(beat);
    led.set(beat.id, []);
  });
  layout.grids.forEach((grid) => {
    const beat = as.get(grid.code) ?? grid.beat;
    if (beat && grid.nCourtyards > 0) led.get(beat)?.push(grid);
  });
  const sums = own.map((beat) =>
    led.get(beat.id)!.reduce((sum, grid) => sum + (grid.households ?? 0), 0),
  );
  const households = sums.reduce((sum, one) => sum + one, 0);
  const mean = own.length ? households / own.length : 0;
  const spread = sums.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (own.length || 1);
  return {
    id: station,
    beats: own.map((beat, i) => ({
      id: beat.id,
      name: beat.name || beat.id,
      short: shortBeat(beat.id, ground, station),
      grids: led.get(beat.id)!.sort((a, b) => (a.code < b.code ? -1 : 1)),
      households: sums[i]!,
      deviation: mean > 0 ? (sums[i]! - mean) / mean : null,
    })),
    grids: [...led.values()].reduce((sum, some) => sum + some.length, 0),
    households,
    mean,
    cv: mean > 0 ? Math.sqrt(spread) / mean : null,
  };
}

export interface GridBeats {
  code: string;
  lead: string | null;
  /** households by the beat that they live in, most first; '' in none */
  parts: { beat: string; households: number }[];
  of: number;
  /** share of the households inside the lead beat */
  inside: number;
}

/** Return in which beats the households of a grid live. */
export function beatsOfGrid(
  code: string,
  rows: readonly number[],
  layout: Layout,
  ground: Ground,
): GridBeats {
  const sums = new Map<string, number>();
  const isEmpty = rows.every((row) => !ground.courtyards[row]!.households);
  for (const row of rows) {
    const yard = ground.courtyards[row]!;
    // where nobody lives, courtyards count
    const n = isEmpty ? 1 : (yard.households ?? 0);
    if (n > 0) sums.set(yard.beat ?? '', (sums.get(yard.beat ?? '') ?? 0) + n);
  }
  const parts = Array.from(sums, ([beat, households]) => ({ beat, households }));
  parts.sort((a, b) => b.households - a.households || (a.beat < b.beat ? -1 : 1));
  const of = parts.reduce((sum, part) => sum + part.households, 0);
  const lead = layout.grids.get(code)?.beat ?? null;
  return { code, lead, parts, of, inside: of > 0 ? (sums.get(lead ?? '') ?? 0) / of : 0 };
}

/** Return the grids of a station whose households live in several beats, the least united first. */
export function splitGrids(figures: StationFigures, layout: Layout, ground: Ground): GridBeats[] {
  const members = membersOf(layout);
  const found: GridBeats[] = [];
  for (const beat of figures.beats) {
    for (const grid of beat.grids) {
      const told = beatsOfGrid(grid.code, members.get(grid.code) ?? [], layout, ground);
      if (told.inside < 1) found.push(told);
    }
  }
  return found.sort((a, b) => a.inside - b.inside || (a.code < b.code ? -1 : 1));
}

export interface Trial {
  grid: GridFacts;
  before: { from: BeatFigures; to: BeatFigures; station: StationFigures };
  after: { from: BeatFigures; to: BeatFigures; station: StationFigures };
  /** share of the grid's households that live in the beat of now, and in the other */
  inside: [number, number];
}

/** Return what would be if another beat of the same station led a grid; null: that is no move. */
export function tryBeat(code: string, to: string, layout: Layout, ground: Ground): Trial | null {
  const grid = layout.grids.get(code);
  const [old, next] = [ground.beats.get(grid?.beat ?? ''), ground.beats.get(to)];
  if (!grid || !old || !next || old.id === next.id || old.parent !== next.parent) return null;
  const rows = membersOf(layout).get(code) ?? [];
  const told = beatsOfGrid(code, rows, layout, ground);
  const share = (beat: string) =>
    told.of > 0 ? (told.parts.find((part) => part.beat === beat)?.households ?? 0) / told.of : 0;
  const side = (station: StationFigures) => ({
    from: station.beats.find((beat) => beat.id === old.id)!,
    to: station.beats.find((beat) => beat.id === next.id)!,
    station,
  });
  return {
    grid,
    before: side(stationFigures(old.parent, layout, ground)),
    after: side(stationFigures(old.parent, layout, ground, new Map([[code, to]]))),
    inside: [share(old.id), share(next.id)],
  };
}

/** Return the station of a grid: that of its lead beat. */
export function stationOfGrid(grid: GridFacts | undefined, ground: Ground): string | null {
  return ground.beats.get(grid?.beat ?? '')?.parent || null;
}
