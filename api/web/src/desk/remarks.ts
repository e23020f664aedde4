/** Remarks on the plan that is open: read once, counted for the cards. */
import { computed, effect, signal } from '@preact/signals';
import { layout, me } from '../app/state';
import type { Subject } from '../model/types';
import { type Comment, getComments, postComment, settleComment } from '../net/calls';
import { type Refusal, refusalOf } from './refusals';
import { fromSubject } from './tell';

export const remarks = signal<{ plan_id: number; list: Comment[] } | null>(null);
export const remarksRefused = signal<Refusal | null>(null);

/** Number of open remarks by what they are about. */
const openCounts = computed(() => {
  const counts = new Map<string, number>();
  for (const one of remarks.value?.list ?? []) {
    if (one.settled_by === null) counts.set(one.subject, (counts.get(one.subject) ?? 0) + 1);
  }
  return counts;
});

/** Return how many open remarks a card should mark; 0 for what cannot be remarked on. */
export function countRemarks(subject: Subject | null): number {
  const name = fromSubject(subject);
  return name ? (openCounts.value.get(name) ?? 0) : 0;
}

export function mayRemark(): boolean {
  return me.value?.permissions.includes('comment') ?? false;
}

/** Read the remarks again; who may not see drafts has none to read. */
export async function loadRemarks(): Promise<void> {
  const plan_id = layout.peek()?.plan.plan_id;
  if (!plan_id || !me.peek()?.permissions.includes('see_drafts')) {
    remarks.value = null;
    return;
  }
  try {
    const list = await getComments(plan_id);
    if (layout.peek()?.plan.plan_id === plan_id) remarks.value = { plan_id, list };
    remarksRefused.value = null;
  } catch (error) {
    remarksRefused.value = refusalOf(error);
  }
}

export async function addRemark(body: string, subject: string): Promise<boolean> {
  const plan_id = layout.value?.plan.plan_id;
  if (!plan_id) return false;
  try {
    await postComment(plan_id, body, subject);
    await loadRemarks();
    return true;
  } catch (error) {
    remarksRefused.value = refusalOf(error);
    return false;
  }
}

export async function settleRemark(one: Comment): Promise<void> {
  try {
    await settleComment(one.plan_id, one.comment_id);
  } catch (error) {
    // settled by somebody else meanwhile: the list will tell
    const refusal = refusalOf(error);
    if (refusal.status !== 409) {
      remarksRefused.value = refusal;
      return;
    }
  }
  await loadRemarks();
}

/** Read the remarks of each plan that is opened. */
export function watchRemarks(): () => void {
  const plan = computed(() => layout.value?.plan.plan_id ?? 0);
  return effect(() => {
    const isKnown = plan.value > 0 && me.value !== null;
    if (remarks.peek()?.plan_id !== plan.value) remarks.value = null;
    if (isKnown) void loadRemarks();
  });
}
