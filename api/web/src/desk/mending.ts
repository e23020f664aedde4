/** "Mend it for me": ask the engine, show what it proposes, take it or not. */
import { signal } from '@preact/signals';
import { beside, findings, ground, layout, picked, saving, selected } from '../app/state';
import type { Ground } from '../model/ground';
import type { Layout } from '../model/layout';
import type { Finding } from '../model/types';
import { type MendWire, postMend } from '../net/calls';
import { say } from '../words';
import { planOf, seen } from './asks';
import { type Refusal, refusalOf } from './refusals';
import { doEdits, maths, session } from './session';
import { flyTo } from './spot';

/** how long the engine may think; it answers at once when it has proven the best */
const SECONDS = 10;
/** what is on its way to the service is waited for before the engine is asked */
const WAIT_MS = 8_000;

export interface MendMove {
  id: string;
  name: string;
  from: string;
  to: string;
  households: number | null;
}

export type Mending =
  | { kind: 'idle' }
  | { kind: 'saving' }
  | { kind: 'running'; since: number; seconds: number }
  | { kind: 'done'; answer: MendWire; after: Layout | null; moves: MendMove[]; before: Layout }
  | { kind: 'failed'; refusal: Refusal };

export const mending = signal<Mending>({ kind: 'idle' });
let abort: AbortController | null = null;

/** Return the communities that have faults, with how many; the worst first. */
export function communitiesWithFaults(
  faults: readonly Finding[],
  now: Layout,
  on: Ground,
): Map<string, number> {
  const found = new Map<string, number>();
  for (const fault of faults) {
    const code = communityOf(fault, now, on);
    if (!code) continue;
    // a rule that always holds weighs more than one that may be excused
    found.set(code, (found.get(code) ?? 0) + (fault.severity === 'hard' ? 100 : 1));
  }
  const worst = [...found].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  return new Map(
    worst.map(([code]) => [
      code,
      faults.filter((fault) => communityOf(fault, now, on) === code).length,
    ]),
  );
}

function communityOf(fault: Finding, now: Layout, on: Ground): string {
  const row = on.rowOf.get(fault.courtyard_ids[0] ?? '');
  return (
    now.grids.get(fault.grid_code)?.community ??
    (row === undefined ? '' : on.courtyards[row]!.community)
  );
}

/** The community that somebody is looking at; '' if none. */
export function communityHere(): string {
  const [on, now, subject] = [ground.value, layout.value, selected.value];
  if (!on || !now) return '';
  const row = [...picked.value][0];
  if (row !== undefined) return on.courtyards[row]?.community ?? '';
  if (subject?.kind === 'community') return subject.code;
  if (subject?.kind === 'grid') return now.grids.get(subject.code)?.community ?? '';
  if (subject?.kind === 'courtyard') {
    return on.courtyards[on.rowOf.get(subject.id) ?? -1]?.community ?? '';
  }
  return '';
}

/** Return what would lie elsewhere. */
export function movesBetween(before: Layout, after: Layout, on: Ground): MendMove[] {
  const moves: MendMove[] = [];
  after.codeOf.forEach((to, row) => {
    const from = before.codeOf[row] ?? '';
    const yard = on.courtyards[row];
    if (yard && from !== to) {
      moves.push({
        id: yard.id,
        name: yard.name || yard.id,
        from,
        to,
        households: yard.households,
      });
    }
  });
  return moves.sort((a, b) => a.from.localeCompare(b.from) || a.name.localeCompare(b.name));
}

/** Ask the engine for the best grids of some communities around the locks; nothing is saved. */
export async function mendCommunities(codes: string[]): Promise<void> {
  const open = session.value;
  if (!open || !codes.length) return;
  abort?.abort();
  const mine = new AbortController();
  abort = mine;
  hideMended();
  mending.value = { kind: 'saving' };
  try {
    if (!(await isSaved(mine.signal))) {
      if (!mine.signal.aborted) fail(say('mend_not_saved'));
      return;
    }
    const plan = await planOf(open.plan_id);
    if (mine.signal.aborted) return;
    mending.value = { kind: 'running', since: Date.now(), seconds: SECONDS };
    const answer = await postMend(open.plan_id, codes, SECONDS, {
      ...seen(plan),
      signal: mine.signal,
    });
    if (mine.signal.aborted) return;
    show(answer);
  } catch (error) {
    if (!mine.signal.aborted) mending.value = { kind: 'failed', refusal: refusalOf(error) };
  } finally {
    if (abort === mine) abort = null;
  }
}

function fail(words: string): void {
  mending.value = {
    kind: 'failed',
    refusal: { status: 0, words, faults: [], detail: '', body: {} },
  };
}

function show(answer: MendWire): void {
  const [before, on] = [layout.value, ground.value];
  if (!before || !on) return;
  let after: Layout | null = null;
  if (answer.edits.length) {
    try {
      const made = maths.value.apply(before, on, answer.edits);
      // the swipe names both sides by their titles
      after = { ...made, plan: { ...made.plan, title: say('mend_proposal') } };
    } catch {
      // somebody moved the same courtyards meanwhile
      fail(say('mend_overtaken'));
      return;
    }
  }
  const moves = after ? movesBetween(before, after, on) : [];
  mending.value = { kind: 'done', answer, after, moves, before };
}

async function isSaved(signal: AbortSignal): Promise<boolean> {
  const until = Date.now() + WAIT_MS;
  while (saving.value.waiting > 0 && Date.now() < until && !signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  return saving.value.waiting === 0 && !signal.aborted;
}

export function cancelMending(): void {
  abort?.abort();
  abort = null;
  hideMended();
  mending.value = { kind: 'idle' };
}

/** Lay the proposal beside the draft on the map, or take it away. */
export function toggleMended(): void {
  const state = mending.value;
  const on = ground.value;
  if (state.kind !== 'done' || !state.after || !on) return;
  if (beside.value?.layout === state.after) {
    beside.value = null;
    return;
  }
  beside.value = { layout: state.after, ground: on };
  const row = on.rowOf.get(state.moves[0]?.id ?? '');
  if (row !== undefined) flyTo({ kind: 'community', code: on.courtyards[row]!.community });
}

export function hideMended(): void {
  const state = mending.value;
  if (state.kind === 'done' && state.after && beside.value?.layout === state.after) {
    beside.value = null;
  }
}

/** Take the proposal over, as one step that can be taken back. */
export async function adoptMended(): Promise<void> {
  const state = mending.value;
  if (state.kind !== 'done' || !state.answer.edits.length) return;
  const said = say('mend_adopted', {
    n: state.answer.moved,
    households: state.answer.moved_households,
  });
  hideMended();
  if (await doEdits(state.answer.edits, said)) mending.value = { kind: 'idle' };
}

/** The communities that are offered: with faults, and the one that is looked at. */
export function offered(): { code: string; name: string; faults: number }[] {
  const [on, now] = [ground.value, layout.value];
  if (!on || !now) return [];
  const found = communitiesWithFaults(findings.value, now, on);
  const here = communityHere();
  const codes = [...new Set([...(here ? [here] : []), ...found.keys()])];
  return codes.map((code) => ({
    code,
    name: on.communities.get(code)?.name ?? code,
    faults: found.get(code) ?? 0,
  }));
}
