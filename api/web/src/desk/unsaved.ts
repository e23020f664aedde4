/** Drafts with edits that wait in this browser, so that they are not forgotten after a reload. */
import { recall, remember } from '../app/memory';

interface Unsaved {
  plan_id: number;
  /** whose edits they are */
  name: string;
}

const isSame = (a: Unsaved, b: Unsaved) => a.plan_id === b.plan_id && a.name === b.name;

/** Return whether somebody has edits of a draft waiting here. */
export function isUnsaved(plan_id: number, name: string | undefined): boolean {
  if (!name) return false;
  return recall<Unsaved[]>('unsaved', []).some((one) => isSame(one, { plan_id, name }));
}

/** Note that edits of a draft wait, or that none does any more. */
export function noteUnsaved(plan_id: number, name: string, isWaiting: boolean): void {
  if (isUnsaved(plan_id, name) === isWaiting) return;
  const one = { plan_id, name };
  const others = recall<Unsaved[]>('unsaved', []).filter((kept) => !isSame(kept, one));
  remember('unsaved', isWaiting ? [...others, one] : others);
}
