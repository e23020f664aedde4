/** Signing in and out, and staying signed in while somebody works. */
import { OfflineError, post, ServerError, send } from '../net/server';
import { say } from '../words';
import { recall, remember } from './memory';
import { openPlan, refreshPlans, reloadStart, usualPlan } from './opening';
import { dialog, ground, layout, me, saving, screen, selected } from './state';
import { notify } from './telling';
import { view } from './view';

/** a token lives 30 minutes and can be renewed for ten hours */
const RENEW_MS = 12 * 60_000;

/** Return why not, or nothing. */
export async function signIn(name: string, password: string): Promise<string | null> {
  try {
    await post('token', { name, password, cookie: true });
  } catch (error) {
    if (error instanceof OfflineError) {
      return say(/^429 /.test(error.reason) ? 'door_too_often' : 'door_offline');
    }
    if (error instanceof ServerError && error.status === 401) return say('door_wrong');
    return say('door_failed');
  }
  remember('renewed', Date.now());
  await look();
  dialog.value = null;
  return null;
}

export async function signOut(): Promise<void> {
  try {
    await send('DELETE', 'token', undefined);
  } catch (error) {
    const isGone = error instanceof ServerError && error.status === 401;
    if (!isGone) {
      notify(say('door_out_failed'), 'bad');
      return;
    }
  }
  await look();
  notify(say('door_out'), 'info');
}

/** Return why not, or nothing; afterwards everybody of that name signs in again. */
export async function changePassword(old: string, next: string): Promise<string | null> {
  try {
    await send('POST', 'me/password', { old, new: next });
  } catch (error) {
    if (error instanceof OfflineError) return say('door_offline');
    if (error instanceof ServerError && error.status === 403) return say('door_old_wrong');
    if (error instanceof ServerError && error.status < 500) return say('door_weak');
    return say('door_failed');
  }
  await look();
  dialog.value = 'sign_in';
  notify(say('door_changed'), 'good');
  return null;
}

/** Look again at what there is, now as somebody else. */
async function look(): Promise<void> {
  const shownPlan = layout.value?.plan;
  // an edit waits for this door: the sync goes on by itself, on the layout that it has
  const isWorking = saving.value.state === 'signed_out' || saving.value.waiting > 0;
  try {
    await reloadStart();
    await refreshPlans();
    const usual = usualPlan(shownPlan?.district_code);
    // who signed out may not see the draft any longer
    const isPublic = !shownPlan || ['in_force', 'upcoming', 'retired'].includes(shownPlan.status);
    const next = shownPlan && (me.value || isPublic) ? shownPlan.plan_id : usual?.plan_id;
    if (next === undefined) screen.value = { kind: 'empty' };
    else if (!(isWorking && me.value) && (await openPlan(next))) showOwn();
  } catch {
    notify(say('open_failed'), 'bad');
  }
}

/** A clerk who has chosen nothing yet begins at the own subdistrict. */
function showOwn(): void {
  const own = me.value?.subdistrict;
  if (!own || selected.value || !ground.value?.subdistricts.has(own)) return;
  if (!layout.value?.plan.scope) selected.value = { kind: 'subdistrict', code: own };
  view()?.flyTo({ kind: 'subdistrict', code: own });
}

/** Renew the token while the page is looked at; one tab does it for all. */
export function stayIn(): void {
  setInterval(() => {
    if (!me.value || document.hidden) return;
    if (Date.now() - recall('renewed', 0) < RENEW_MS) return;
    remember('renewed', Date.now());
    post('token/renew', {}).catch((error: unknown) => {
      if (error instanceof ServerError && error.status === 401 && dialog.value === null) {
        notify(say('door_ended'), 'bad');
        void reloadStart().catch(() => undefined);
      }
    });
  }, 60_000);
}
