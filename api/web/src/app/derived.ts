/** What follows from ground and layout: who lies in what; worked out once a layout. */
import { computed } from '@preact/signals';
import type { Ground, Named } from '../model/ground';
import type { GridFacts, Layout } from '../model/layout';
import { ground, layout } from './state';

/** courtyard rows of each grid */
export const rowsOfGrid = computed(() => {
  const found = new Map<string, number[]>();
  (layout.value?.codeOf ?? []).forEach((code, row) => {
    if (code !== '') push(found, code, row);
  });
  return found;
});

/** grids of each community, by serial */
export const gridsOfCommunity = computed(() => gridsBy((grid) => grid.community));

/** grids led by each beat */
export const gridsOfBeat = computed(() => gridsBy((grid) => grid.beat));

export const communitiesOfSubdistrict = computed(() => {
  const found = new Map<string, Named[]>();
  ground.value?.communities.forEach((one) => {
    push(found, one.parent, one);
  });
  found.forEach((some) => {
    some.sort((a, b) => (a.id < b.id ? -1 : 1));
  });
  return found;
});

export interface Totals {
  grids: number;
  courtyards: number;
  /** null: a hidden count is in it and no total is known */
  households: number | null;
  inBand: number;
  walkMean: number | null;
}

/** Add up grids; the totals of a table are those of its rows. */
export function totalsOf(grids: GridFacts[], land: Ground | null): Totals {
  let [households, courtyards, inBand, walked, walkers] = [0, 0, 0, 0, 0];
  let isHidden = false;
  for (const grid of grids) {
    courtyards += grid.nCourtyards;
    if (grid.households === null) isHidden = true;
    households += grid.households ?? 0;
    if (isInBand(grid, land)) inBand += 1;
    if (grid.walkMean !== null && grid.households !== null) {
      walked += grid.walkMean * grid.households;
      walkers += grid.households;
    }
  }
  return {
    grids: grids.length,
    courtyards,
    households: isHidden ? null : households,
    inBand,
    walkMean: walkers > 0 ? walked / walkers : null,
  };
}

/** The band that a grid's part allows, and why it is wider than usual if it is. */
export function bandOf(grid: GridFacts, land: Ground | null): Ground['parts'][number] | null {
  const row = rowsOfGrid.value.get(grid.code)?.[0] ?? grid.medoid;
  const yard = row === null || row === undefined ? undefined : land?.courtyards[row];
  return yard ? (land?.parts[yard.part] ?? null) : null;
}

export function isInBand(grid: GridFacts, land: Ground | null): boolean {
  const band = bandOf(grid, land);
  const load = grid.households;
  return band !== null && load !== null && load >= band.low && load <= band.high;
}

export interface Cover {
  n: number;
  of: number;
}

/** How many courtyards have a committee, or a property service. */
export function coverOf(
  rows: readonly number[],
  land: Ground,
  name: 'committee' | 'property_service',
): Cover {
  const some = rows.filter((row) => {
    const value = land.courtyards[row]?.more[name];
    return value !== null && value !== undefined && value !== '' && value !== 'none';
  });
  return { n: some.length, of: rows.length };
}

function gridsBy(key: (grid: GridFacts) => string | null): Map<string, GridFacts[]> {
  const found = new Map<string, GridFacts[]>();
  (layout.value as Layout | null)?.grids.forEach((grid) => {
    const name = key(grid);
    if (name) push(found, name, grid);
  });
  found.forEach((some) => {
    some.sort((a, b) => a.serial - b.serial || (a.code < b.code ? -1 : 1));
  });
  return found;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const some = map.get(key);
  if (some) some.push(value);
  else map.set(key, [value]);
}
