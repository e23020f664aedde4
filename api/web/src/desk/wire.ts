/** What the desk knows of a plan beyond the map: who took which step, and when. */
import type { PlanInfo } from '../model/types';

/** A plan as /plans/{id} tells it. */
export interface PlanDetail extends PlanInfo {
  number: number;
  merged_into: number | null;
  created_by: string;
  created_at: string;
  proposed_by: string | null;
  proposed_at: string | null;
  approved_by: string | null;
  approved_at: string | null;
  published_by: string | null;
  published_at: string | null;
  accepted_because: string | null;
  valid_from: string | null;
  valid_to: string | null;
}
