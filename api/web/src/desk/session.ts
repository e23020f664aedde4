/** Editing a draft: one session at a time, every edit through the sync. */
import { batch, computed, signal } from '@preact/signals';
import { confirmBox, notify, openPanel, openPlan } from '../app/actions';
import { detail, ground, layout, me, panel, picked, saving, selected, tool } from '../app/state';
import { view } from '../app/view';
import { applyEdits, countingCodes, EditError } from '../model/edits';
import { decodeLayout, type Layout } from '../model/layout';
import type { Edit, PlanStatus } from '../model/types';
import { judge } from '../model/verdict';
import { decodeWalks } from '../model/walks';
import { getLayout } from '../net/calls';
import { Sync } from '../net/sync';
import { say, type Word } from '../words';
import { layoutAt, planOf } from './asks';
import { touchedGrids } from './change';
import { refusalOf } from './refusals';
import { mayEdit } from './steps';
import { type Candidate, giveTo, type Maths, rowsOfGrid } from './targets';
import * as tell from './tell';

export interface Session {
  plan_id: number;
  /** whose edits these are; nobody else's name goes under them */
  name: string;
  sync: Sync;
  /** whether what waits has been read */
  isReady: boolean;
}

export const session = signal<Session | null>(null);
/** the draft as it was made, before anybody edited it */
export const base = signal<Layout | null>(null);
/** a click on a grid of the map gives it what is picked */
export const giving = signal(false);
/** what a click on the map would do, waiting for a yes because it would break a rule */
export const asking = signal<Candidate | null>(null);

/** The last thing done here: from which layout, and what it touched. */
export interface LastChange {
  said: string;
  before: Layout;
  /** rows that lie elsewhere since */
  rows: number[];
  /** grids with another name or lock */
  codes: string[];
}
export const last = signal<LastChange | null>(null);

export const walks = computed(() =>
  ground.value && detail.value?.key === ground.value.key
    ? decodeWalks(detail.value, ground.value)
    : null,
);

/** What would become of a layout, with the walks that are known by now. */
export const maths = computed<Maths>(() => {
  const known = walks.value;
  return {
    apply: (given, on, edits) => applyEdits(given, on, edits, countingCodes(9001), known),
    judge: (given, on, only) => judge(given, on, known, only),
  };
});

/** True while the draft on the map is the one being edited. */
export const isOpen = computed(
  () => session.value !== null && layout.value?.plan.plan_id === session.value.plan_id,
);

/** Codes of the grids that the last change touched, as they are called now. */
export const lastCodes = computed<string[]>(() => {
  const change = last.value;
  const now = layout.value;
  if (!change || !now) return [];
  const codes = new Set(change.codes);
  for (const row of change.rows) {
    for (const code of [change.before.codeOf[row], now.codeOf[row]]) if (code) codes.add(code);
  }
  return [...codes].sort();
});

/** plan whose layout on the map holds edits that wait in a book that is closed */
let leftOver = 0;

/** New grids have got their codes: what is selected follows. */
function followCodes(codes: ReadonlyMap<string, string>): void {
  const subject = selected.value;
  const code = subject?.kind === 'grid' ? codes.get(subject.code) : undefined;
  if (code) selected.value = { kind: 'grid', layer: 'gov_grids', code };
}

/** Open a draft for editing; the tool becomes the one that picks. */
export async function beginEditing(plan_id: number): Promise<boolean> {
  if (session.value?.plan_id === plan_id && isOpen.value) {
    openPanel('edit');
    return true;
  }
  await endEditing({ quietly: true });
  if (layout.value?.plan.plan_id !== plan_id && !(await openPlan(plan_id))) return false;
  const plan = layout.value?.plan;
  if (!plan || !mayEdit(plan, me.value)) {
    notify(say('edit_not_yours'), 'bad');
    return false;
  }
  const on = ground.value;
  const name = me.value?.name;
  if (!on || !name) return false;
  let asSaved = layout.value!;
  if (leftOver === plan_id) {
    // what the map shows has edits in it that are not saved; the sync lays them on anew
    try {
      asSaved = decodeLayout(await getLayout(plan_id), on);
    } catch (error) {
      notify(refusalOf(error).words, 'bad');
      return false;
    }
  }
  leftOver = 0;
  const sync = new Sync(plan_id, {
    ground: on,
    layout: asSaved,
    me: name,
    walks: () => walks.peek(),
    shown: layout,
    saving,
    onCodes: followCodes,
  });
  batch(() => {
    session.value = { plan_id, name, sync, isReady: false };
    base.value = null;
    last.value = null;
    endedAs.value = null;
    giving.value = false;
    asking.value = null;
    tool.value = 'tap';
    openPanel('edit');
  });
  if (plan.scope) comeNear(plan.scope);
  await sync.open();
  if (session.value?.sync === sync) session.value = { plan_id, name, sync, isReady: true };
  // saving goes on in the background, however long the network takes
  void sync.start();
  // what the draft began with; without it only the comparison with the beginning is missing
  layoutAt(plan_id, 0, on).then(
    (began) => {
      if (session.value?.plan_id === plan_id) base.value = began;
    },
    () => undefined,
  );
  return true;
}

/** from here on courtyards are large enough to be seen */
const NEAR_ZOOM = 14;

/** Bring the draft's subdistrict into the picture, unless the map is that near already. */
function comeNear(code: string): void {
  const map = view();
  if (map && map.map.getZoom() < NEAR_ZOOM) map.flyTo({ kind: 'subdistrict', code });
}

/** Stop editing; what is not saved yet stays kept and goes on when the draft is opened again. */
export async function endEditing({ quietly = false } = {}): Promise<void> {
  const open = session.value;
  if (!open) return;
  if (!quietly && saving.value.waiting > 0 && !(await confirmBox(say('edit_leave_waiting'))))
    return;
  open.sync.stop();
  if (saving.value.waiting > 0) leftOver = open.plan_id;
  batch(() => {
    session.value = null;
    saving.value = { state: 'saved', waiting: 0, said: '' };
    base.value = null;
    last.value = null;
    giving.value = false;
    asking.value = null;
    picked.value = new Set();
    tool.value = 'pan';
    if (panel.value === 'edit') panel.value = 'none';
  });
}

/** What became of the draft while it was edited here; null: it is a draft still. */
export const endedAs = signal<PlanStatus | null>(null);

/** Somebody may have submitted or withdrawn the draft meanwhile. */
export async function lookWhetherEnded(): Promise<void> {
  const open = session.value;
  if (!open) return;
  try {
    const { status } = await planOf(open.plan_id);
    if (session.value?.plan_id === open.plan_id) endedAs.value = status === 'draft' ? null : status;
  } catch {
    // unknown: the reasons at the edits have to do
  }
}

/** Give up what can no longer be saved, and show the plan as it is now. */
export async function leaveEnded(): Promise<void> {
  const open = session.value;
  if (!open) return;
  for (const one of open.sync.refused.value) await open.sync.discard(one);
  for (const one of open.sync.conflicts.value) await open.sync.resolve(one, 'theirs');
  await endEditing({ quietly: true });
  await openPlan(open.plan_id);
}

/** Say why an edit cannot be, in the reader's words. */
export function faultWords(error: unknown): string {
  if (error instanceof EditError) {
    const values: Record<string, string | number> = { ...error.values };
    const { grid, courtyard } = error.values;
    if (typeof grid === 'string') values.grid = tell.gridName(layout.value, grid);
    if (typeof courtyard === 'string') values.courtyard = tell.yardName(ground.value, courtyard);
    return say(error.word as Word, values);
  }
  return String((error as Error)?.message ?? error);
}

/** Do some edits as one step that can be taken back; false: they cannot be done. */
export async function doEdits(edits: Edit[], said?: string): Promise<boolean> {
  const open = session.value;
  const before = layout.value;
  const on = ground.value;
  if (!open || !before || !on || !edits.length) return false;
  const words = said ?? edits.map((edit) => tell.edit(edit, on, before)).join('；');
  try {
    await open.sync.edit(edits);
  } catch (error) {
    notify(faultWords(error), 'bad');
    return false;
  }
  note(before, words, edits);
  return true;
}

/** Remember what was done, to show it. */
function note(before: Layout, said: string, edits: Edit[]): void {
  const after = layout.value;
  if (!after) return;
  const rows: number[] = [];
  after.codeOf.forEach((code, row) => {
    if (code !== before.codeOf[row]) rows.push(row);
  });
  const codes = touchedGrids(before, after);
  for (const edit of edits) {
    if (edit.op === 'lock' || edit.op === 'unlock') {
      const [kind, ident] = tell.splitSubject(edit.subject);
      const row = ground.value?.rowOf.get(ident) ?? -1;
      const code = kind === 'grid' ? ident : after.codeOf[row];
      if (code) codes.push(code);
    }
  }
  // codes of grids not saved yet change when they are; the rows find them again
  const lasting = codes.filter((code) => !code.startsWith('new:'));
  last.value = { said, before, rows, codes: lasting };
}

export async function undo(): Promise<void> {
  await step('undo');
}

export async function redo(): Promise<void> {
  await step('redo');
}

async function step(way: 'undo' | 'redo'): Promise<void> {
  const open = session.value;
  const before = layout.value;
  if (!open || !before) return;
  const can = way === 'undo' ? open.sync.canUndo : open.sync.canRedo;
  if (!can.value) return;
  try {
    await open.sync[way]();
    note(before, say(way === 'undo' ? 'edit_undone' : 'edit_redone'), []);
  } catch (error) {
    notify(faultWords(error), 'bad');
  }
}

/** Give the picked courtyards to a grid. */
export async function pickTo(code: string): Promise<boolean> {
  const [on, now] = [ground.value, layout.value];
  if (!on || !now) return false;
  const plan = giveTo(now, on, maths.value, picked.value, code);
  return carryOut(plan);
}

/** Make a new grid of the picked courtyards. */
export async function splitPicked(): Promise<boolean> {
  const on = ground.value;
  if (!on || !picked.value.size) return false;
  const rows = picked.value;
  const courtyards = [...rows].map((row) => on.courtyards[row]!.id).sort();
  const done = await doEdits([{ op: 'split', courtyards }]);
  if (done) unpick(rows);
  return done;
}

/** Do what was foreseen. */
export async function carryOut(plan: Candidate): Promise<boolean> {
  const rows = picked.value;
  const done = await doEdits(plan.edits);
  if (done) {
    unpick(rows);
    const row = last.value?.rows[0] ?? -1;
    const code = plan.to ?? layout.value?.codeOf[row] ?? '';
    if (layout.value?.grids.has(code)) {
      selected.value = { kind: 'grid', layer: 'gov_grids', code };
    }
  }
  return done;
}

export async function mergeGrids(grid: string, into: string): Promise<boolean> {
  const done = await doEdits([{ op: 'merge', grid, into }]);
  if (done) selected.value = { kind: 'grid', layer: 'gov_grids', code: into };
  return done;
}

export function renameGrid(grid: string, name: string): Promise<boolean> {
  return doEdits([{ op: 'rename', grid, name: name.trim() }]);
}

export function lock(subjects: string[]): Promise<boolean> {
  return doEdits(subjects.map((subject) => ({ op: 'lock', subject })));
}

export function unlock(subjects: string[]): Promise<boolean> {
  return doEdits(subjects.map((subject) => ({ op: 'unlock', subject })));
}

export function clearPicks(): void {
  batch(() => {
    picked.value = new Set();
    // clicks pick again
    if (giving.value && tool.value === 'pan') tool.value = 'tap';
    giving.value = false;
    asking.value = null;
  });
}

/** Let go of what was dealt with; what was picked while that was written down stays. */
function unpick(rows: ReadonlySet<number>): void {
  const left = [...picked.value].filter((row) => !rows.has(row));
  batch(() => {
    clearPicks();
    picked.value = new Set(left);
  });
}

/** Pick every courtyard of a grid. */
export function pickGrid(code: string): void {
  if (layout.value) picked.value = new Set(rowsOfGrid(layout.value, code));
}

/** Let the next click on a grid of the map be the target; again: not. */
export function toggleGiving(): void {
  batch(() => {
    giving.value = !giving.value;
    asking.value = null;
    if (giving.value) {
      tool.value = 'pan';
      selected.value = null;
    } else if (tool.value === 'pan') tool.value = 'tap';
  });
}

/** Return the grid that is selected, or in which the selected courtyard lies. */
export function gridSelected(): string {
  const [subject, now, on] = [selected.value, layout.value, ground.value];
  if (!now || !on) return '';
  if (subject?.kind === 'grid' && subject.layer === 'gov_grids') {
    return now.grids.has(subject.code) ? subject.code : '';
  }
  if (subject?.kind === 'courtyard') return now.codeOf[on.rowOf.get(subject.id) ?? -1] ?? '';
  return '';
}
