/** The version that is set beside the one on the map, and what differs. */
import { computed, signal } from '@preact/signals';
import { openBeside, saveCsv } from '../app/actions';
import { beside, ground, layout } from '../app/state';
import { type Comparison, compareLayouts } from '../model/compare';
import type { Ground } from '../model/ground';
import type { Layout } from '../model/layout';
import { judge } from '../model/verdict';
import { say } from '../words';
import { changeOfWhole, type FigureChange, totalsOf } from './change';
import { csvOf } from './csv';
import { walks } from './session';
import * as tell from './tell';

export const other = signal<{ layout: Layout; ground: Ground } | null>(null);

/** From the other version to the one on the map. */
export const comparison = computed<Comparison | null>(() => {
  const [a, b, on] = [other.value, layout.value, ground.value];
  return a && b && on ? compareLayouts(a.layout, b, a.ground, on) : null;
});

/** Figures side by side; the band is judged here where the loads are known. */
export const figures = computed<FigureChange[]>(() => {
  const [a, b, on] = [other.value, layout.value, ground.value];
  const both = comparison.value;
  if (!a || !b || !on || !both) return [];
  const isWhole = (given: Layout) =>
    [...given.grids.values()].every((grid) => grid.households !== null);
  const known = (on_: Ground) => (on_.key === on.key ? walks.value : null);
  // one's own subdistrict's draft is compared with that subdistrict, not with the district
  const judged = (given: Layout, on_: Ground, codes: Set<string>) => {
    const grids = new Map([...given.grids].filter(([code]) => codes.has(code)));
    const found = isWhole(given) ? judge(given, on_, known(on_)) : null;
    const here = found?.filter((fault) => fault.grid_code === '' || codes.has(fault.grid_code));
    return totalsOf({ ...given, grids }, here ?? null);
  };
  const { keptCodes, endedCodes, newCodes } = both;
  const rows = changeOfWhole(
    judged(a.layout, a.ground, new Set([...keptCodes, ...endedCodes])),
    judged(b, on, new Set([...keptCodes, ...newCodes])),
  );
  return rows.filter((row) => row.before !== null || row.after !== null);
});

export async function compareWith(plan_id: number): Promise<void> {
  if (await openBeside(plan_id)) other.value = beside.value;
}

/** Show or hide the swipe; the lists stay. */
export function toggleSwipe(): void {
  beside.value = beside.value ? null : other.value;
}

export function stopComparing(): void {
  beside.value = null;
  other.value = null;
}

/** Hand out the courtyards that moved, for a spreadsheet. */
export function saveMoves(): void {
  const [found, a, b] = [comparison.value, other.value, layout.value];
  if (!found || !a || !b) return;
  const heads = ['id', 'name', 'from', 'from_name', 'to', 'to_name', 'households'] as const;
  const rows = found.moved.map((one) => [
    one.id,
    one.name,
    one.from,
    one.from ? tell.gridName(a.layout, one.from) : '',
    one.to,
    one.to ? tell.gridName(b, one.to) : '',
    one.households,
  ]);
  const titles = heads.map((head) => say(`compare_csv_${head}`));
  const name = `${say('compare_csv_file')}_${a.layout.plan.plan_id}_${b.plan.plan_id}.csv`;
  saveCsv(csvOf([titles, ...rows]), name);
}
