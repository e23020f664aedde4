/** A plan's way from draft to version: where it stands, and what one may do now. Pure. */
import type { Me, PlanStatus } from '../model/types';
import type { Approval } from '../net/calls';
import type { PlanDetail } from './wire';

export type StepName = 'propose' | 'review' | 'approve' | 'effect' | 'merge';

export interface Step {
  name: StepName;
  state: 'done' | 'now' | 'ahead' | 'stopped';
  by: string | null;
  at: string | null;
  /** day from which it holds, for the last step */
  day: string | null;
  decisions: Approval[];
}

export type StepAct =
  | 'submit'
  | 'withdraw'
  | 'agree'
  | 'approve'
  | 'send_back'
  | 'object'
  | 'publish';

// how far each status has come along the way
const REACHED: Record<PlanStatus, number> = {
  draft: 0,
  proposed: 1,
  approved: 2,
  upcoming: 3,
  in_force: 4,
  retired: 4,
  withdrawn: 0,
};

/** Return the steps of a plan, with who took them; a subdistrict's own draft ends in the district's. */
export function stepsOf(plan: PlanDetail, approvals: readonly Approval[]): Step[] {
  const isOwn = plan.scope !== null;
  const merged = plan.merged_into !== null;
  const ended = plan.status === 'withdrawn' && !merged;
  const reached = merged ? 4 : REACHED[plan.status];
  const agreed = approvals.filter((one) => one.level !== 'district');
  const decided = approvals.filter((one) => one.level === 'district');
  const state = (from: number, to: number): Step['state'] => {
    if (reached >= to) return 'done';
    if (ended) return 'stopped';
    return reached >= from ? 'now' : 'ahead';
  };
  const nobody = { by: null, at: null, day: null, decisions: [] };
  const proposed: Step = {
    ...nobody,
    name: 'propose',
    // a draft that was withdrawn may have been proposed before
    state: plan.proposed_by ? 'done' : state(0, 1),
    by: plan.proposed_by,
    at: plan.proposed_at,
  };
  // agreements are gathered while the plan waits; none of them is needed
  const review: Step = { ...nobody, name: 'review', state: state(1, 2), decisions: agreed };
  if (isOwn) {
    const last: Step = {
      ...nobody,
      name: 'merge',
      state: merged ? 'done' : ended ? 'stopped' : reached >= 1 ? 'now' : 'ahead',
      decisions: decided,
    };
    return [proposed, { ...review, state: merged ? 'done' : review.state }, last];
  }
  const approved: Step = {
    ...nobody,
    name: 'approve',
    state: state(1, 2),
    by: plan.approved_by,
    at: plan.approved_at,
    decisions: decided,
  };
  const effect: Step = {
    ...nobody,
    name: 'effect',
    state: plan.status === 'upcoming' ? 'now' : state(2, 3),
    by: plan.published_by,
    at: plan.published_at,
    day: plan.effective_date,
  };
  return [proposed, review, approved, effect];
}

/** Return what somebody may do with a plan as it stands. */
export function actsOf(plan: PlanDetail, me: Me | null): StepAct[] {
  if (me === null) return [];
  const may = (permission: string) => (me.permissions as string[]).includes(permission);
  const acts: StepAct[] = [];
  const isOpen = plan.status === 'proposed' || plan.status === 'approved';
  // a clerk hands in the own subdistrict's draft, never the district's
  const isTheirs = me.role !== 'clerk' || plan.scope === me.subdistrict;
  if (may('edit') && isTheirs) {
    if (plan.status === 'draft') acts.push('submit');
    if (plan.status === 'draft' || isOpen) acts.push('withdraw');
  }
  if (may('approve') && isOpen) {
    acts.push('agree');
    const isOther = plan.proposed_by !== me.name;
    if (plan.status === 'proposed' && plan.scope === null && isOther) acts.push('approve');
    if (plan.status === 'approved' && isOther) acts.push('publish');
    acts.push('object', 'send_back');
  }
  return acts;
}

/** Why the next step waits for somebody else; null: it does not. */
export function waitsFor(
  plan: PlanDetail,
  me: Me | null,
): 'own_proposal' | 'approver' | 'publisher' | 'planner_merges' | 'editor' | null {
  const acts = actsOf(plan, me);
  if (plan.status === 'draft') return acts.includes('submit') ? null : 'editor';
  if (plan.status !== 'proposed' && plan.status !== 'approved') return null;
  if (plan.scope !== null) return 'planner_merges';
  if (me && plan.proposed_by === me.name && acts.includes('object')) return 'own_proposal';
  if (plan.status === 'proposed') return acts.includes('approve') ? null : 'approver';
  return acts.includes('publish') ? null : 'publisher';
}

/** Return whether somebody may edit a plan as it stands. */
export function mayEdit(
  plan: { status: PlanStatus; scope: string | null },
  me: Me | null,
): boolean {
  if (me === null || plan.status !== 'draft' || !me.permissions.includes('edit')) return false;
  return me.role !== 'clerk' || plan.scope === null || plan.scope === me.subdistrict;
}

/** Return the day in China, as YYYY-MM-DD; versions begin by that day wherever the PC stands. */
export function chinaDay(now: Date = new Date(), ahead = 0): string {
  const shifted = new Date(now.getTime() + 8 * 3_600_000 + ahead * 86_400_000);
  return shifted.toISOString().slice(0, 10);
}
