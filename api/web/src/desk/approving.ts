/** A plan's steps as the panel shows them: read from the service, taken through it. */
import { signal } from '@preact/signals';
import { openPlan, refreshPlans } from '../app/actions';
import { layout, me, saving } from '../app/state';
import { type Approval, getApprovals, getVerdict, type VerdictWire } from '../net/calls';
import { say } from '../words';
import { planOf } from './asks';
import { type Refusal, refusalOf } from './refusals';
import { endEditing, session } from './session';
import type { PlanDetail } from './wire';

export interface Approving {
  plan: PlanDetail;
  approvals: Approval[];
  /** null: the role may not see it, or it is published */
  verdict: VerdictWire | null;
}

export const approving = signal<Approving | null>(null);
export const stepRefused = signal<Refusal | null>(null);
export const isStepping = signal(false);

/** Read how a plan stands. */
export async function loadSteps(): Promise<void> {
  const plan_id = layout.peek()?.plan.plan_id;
  if (!plan_id || !me.peek()) return;
  try {
    const plan = await planOf(plan_id);
    const maySee = me.peek()?.permissions.includes('see_drafts') ?? false;
    const isOpen = ['draft', 'proposed', 'approved'].includes(plan.status);
    const [approvals, verdict] = await Promise.all([
      maySee ? getApprovals(plan_id) : [],
      maySee && isOpen ? getVerdict(plan_id) : null,
    ]);
    if (layout.peek()?.plan.plan_id === plan_id) approving.value = { plan, approvals, verdict };
  } catch (error) {
    stepRefused.value = refusalOf(error);
  }
}

/** Take a step; whatever comes of it, the panel shows how the plan stands then. */
export async function take(step: (plan: PlanDetail) => Promise<unknown>): Promise<boolean> {
  const open = approving.value;
  if (!open || isStepping.value) return false;
  isStepping.value = true;
  stepRefused.value = null;
  let isDone = false;
  try {
    if (session.value?.plan_id === open.plan.plan_id && saving.value.waiting > 0) {
      const words = say('step_not_saved', { n: saving.value.waiting });
      stepRefused.value = { status: 0, words, faults: [], detail: '', body: {} };
      return false;
    }
    await step(open.plan);
    isDone = true;
  } catch (error) {
    stepRefused.value = refusalOf(error);
  }
  try {
    const before = open.plan.status;
    await loadSteps();
    const now = approving.value?.plan;
    if (isDone && now && now.status !== before) {
      // what is no draft any more cannot be edited, and the map tells the new status
      if (session.value?.plan_id === now.plan_id) await endEditing({ quietly: true });
      await refreshPlans();
      await openPlan(now.plan_id);
    }
  } finally {
    isStepping.value = false;
  }
  return isDone;
}
