/** Opening plans: ground and layout first, detail once the map has been painted. */
import { batch } from '@preact/signals';
import { decodeGround, type Ground } from '../model/ground';
import { decodeLayout, type Layout } from '../model/layout';
import type {
  DetailWire,
  DistrictWire,
  GroundWire,
  LayoutWire,
  PlanInfo,
  StartWire,
} from '../model/types';
import { getPlans } from '../net/calls';
import { getJson, OfflineError, ServerError } from '../net/server';
import { say } from '../words';
import {
  beside,
  detail,
  fetching,
  findings,
  ground,
  inForce,
  layout,
  picked,
  plans,
  type Screen,
  screen,
  start,
} from './state';
import { notify } from './telling';

/** counts openings, so that a slow answer never replaces a later one */
let turn = 0;

/** Load the start of the page again: who I am, what there is. */
export async function reloadStart(): Promise<StartWire> {
  start.value = await getJson<StartWire>('map/start');
  return start.value;
}

export async function refreshPlans(): Promise<void> {
  if (!start.value?.has_accounts || !start.value.me) {
    plans.value = [];
    return;
  }
  plans.value = await getPlans();
}

/** The plan to begin with: what is in force, else what will be. */
export function usualPlan(district?: string): PlanInfo | null {
  const all: DistrictWire[] = start.value?.districts ?? [];
  const some = all.filter((one) => district === undefined || one.district_code === district);
  for (const one of some.concat(all)) {
    if (one.in_force ?? one.upcoming) return one.in_force ?? one.upcoming;
  }
  return null;
}

/** Put a plan on the map. A plan that is there stays until the new one has come. */
export async function openPlan(plan_id: number): Promise<boolean> {
  turn += 1;
  const mine = turn;
  const isFirst = layout.value === null;
  if (isFirst) screen.value = { kind: 'loading', what: 'plan' };
  else fetching.value = say('open_plan');
  try {
    const found = await loadPlan(plan_id);
    if (mine !== turn) return false;
    batch(() => {
      const isSameGround = ground.value?.key === found.ground.key;
      if (!isSameGround) {
        ground.value = found.ground;
        detail.value = null;
      }
      layout.value = found.layout;
      picked.value = new Set();
      findings.value = [];
      inForce.value = found.layout.plan.status === 'in_force' ? found.layout : null;
      screen.value = { kind: 'ready' };
      fetching.value = '';
    });
    afterPaint(() => void loadRest(plan_id, mine));
    return true;
  } catch (error) {
    if (mine !== turn) return false;
    fetching.value = '';
    const told = explain(error, () => void openPlan(plan_id));
    if (isFirst) screen.value = told;
    else notify(`${told.title} ${told.detail}`, 'bad');
    return false;
  }
}

/** Lay another plan beside the one on the map, for comparing. */
export async function openBeside(plan_id: number): Promise<boolean> {
  try {
    fetching.value = say('open_plan');
    // what was goes left, what is on the map right of it, as in every table
    beside.value = { ...(await loadPlan(plan_id)), isBefore: true };
    return true;
  } catch (error) {
    const told = explain(error, null);
    notify(`${told.title} ${told.detail}`, 'bad');
    return false;
  } finally {
    fetching.value = '';
  }
}

export function closeBeside(): void {
  beside.value = null;
}

type Failure = Extract<Screen, { kind: 'error' }>;

/** Say what went wrong in a reader's words. */
export function explain(error: unknown, retry: (() => void) | null): Failure {
  const kind = 'error' as const;
  if (error instanceof OfflineError) {
    // a proxy or the service itself asks to wait
    const isBusy = /^[45]\d\d /.test(error.reason);
    const [title, detail] = isBusy
      ? [say('open_busy'), say('open_busy_why')]
      : [say('open_offline'), say('open_offline_why')];
    return { kind, title, detail, retry };
  }
  if (error instanceof ServerError) {
    if (error.status === 401) {
      const [title, detail] = [say('open_signed_out'), say('open_signed_out_why')];
      return { kind, title, detail, retry, door: true };
    }
    if (error.status === 403) {
      return { kind, title: say('open_forbidden'), detail: say('open_forbidden_why'), retry };
    }
    if (error.status === 404) {
      const detail = say(start.value?.me ? 'open_missing_why' : 'open_missing_public');
      const title = say('open_missing');
      return { kind, title, detail, retry, door: !start.value?.me, isMissing: true };
    }
    const detail = say('open_failed_why', { status: error.status, said: error.detail });
    return { kind, title: say('open_failed'), detail, retry };
  }
  console.error(error);
  return { kind, title: say('open_broken'), detail: say('open_broken_why'), retry };
}

async function loadPlan(plan_id: number): Promise<{ ground: Ground; layout: Layout }> {
  const [groundWire, layoutWire] = await Promise.all([
    getJson<GroundWire>(`map/ground?plan=${plan_id}`),
    getJson<LayoutWire>(`map/layout?plan=${plan_id}`),
  ]);
  const known = ground.value;
  const decoded = known?.key === groundWire.key ? known : decodeGround(groundWire);
  return { ground: decoded, layout: decodeLayout(layoutWire, decoded) };
}

async function loadRest(plan_id: number, mine: number): Promise<void> {
  try {
    if (detail.value?.key !== ground.value?.key) {
      const found = await getJson<DetailWire>(`map/detail?plan=${plan_id}`);
      if (mine === turn) detail.value = found;
    }
    const now = layout.value?.plan;
    const held = usualPlan(now?.district_code);
    if (now && held && held.status === 'in_force' && held.plan_id !== plan_id) {
      const found = await loadPlan(held.plan_id);
      if (mine === turn) inForce.value = found.layout;
    }
  } catch (error) {
    // the map is of use without it; walks and small roads are missed only when they are asked for
    if (mine === turn) notify(explain(error, null).title, 'info');
  }
}

/** Run after the browser has shown what was drawn last. */
function afterPaint(run: () => void): void {
  requestAnimationFrame(() => setTimeout(run, 0));
}
