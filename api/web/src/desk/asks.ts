/** What the desk asks of the service in a form of its own. */
import type { Ground } from '../model/ground';
import { decodeLayout, type Layout } from '../model/layout';
import type { PlanInfo } from '../model/types';
import { getLayout, getPlan } from '../net/calls';
import type { PlanDetail } from './wire';

/** Return a plan as it stands, with who took which step. */
export async function planOf(plan_id: number): Promise<PlanDetail> {
  return (await getPlan(plan_id)) as PlanDetail;
}

/** Return a draft as it was at a revision. */
export async function layoutAt(plan_id: number, revision: number, on: Ground): Promise<Layout> {
  return decodeLayout(await getLayout(plan_id, revision), on);
}

/** Return what If-Match says of the plan as it was seen; steps are taken on nothing else. */
export function seen(plan: Pick<PlanInfo, 'plan_id' | 'revision'>): { ifMatch: string } {
  return { ifMatch: `${plan.plan_id}-${plan.revision}` };
}
