/** Files to take home: a grid as GeoJSON, a community as GeoJSON or Excel. */
import { dialog, layout, me, start } from '../app/state';
import { confirmBox, download, notify } from '../app/telling';
import type { GridFacts } from '../model/layout';
import { getFile, OfflineError, ServerError } from '../net/server';
import { say } from '../words';

/** Save a file of the service under the name it has there, or ours. */
async function save(path: string, name: string): Promise<void> {
  try {
    const { blob, name: given } = await getFile(path);
    const url = URL.createObjectURL(blob);
    download(url, given ?? name);
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    notify(say('file_saved', { name: given ?? name }), 'good');
  } catch (error) {
    if (error instanceof OfflineError) notify(say('file_offline'), 'bad');
    else if (error instanceof ServerError && [401, 403].includes(error.status)) await askToSignIn();
    else notify(say('file_failed'), 'bad');
  }
}

async function askToSignIn(): Promise<void> {
  if (me.value || !start.value?.has_accounts) {
    notify(say('file_forbidden'), 'bad');
    return;
  }
  if (await confirmBox(say('file_sign_in'))) dialog.value = 'sign_in';
}

/** The service's feature for a version in force, the community's courtyards for everything else. */
export function saveGridGeoJson(grid: GridFacts): Promise<void> {
  const plan = layout.value?.plan;
  if (plan?.status === 'in_force' || plan?.plan_id === 0) {
    const path = `collections/gov_grids/items/${encodeURIComponent(grid.code)}?f=json`;
    return save(path, `${grid.code}.geojson`);
  }
  return saveLedger(grid.community, 'geojson');
}

export function saveLedger(community: string, kind: 'xlsx' | 'geojson'): Promise<void> {
  const plan = layout.value?.plan.plan_id ?? 0;
  const path = `map/ledger?plan=${plan}&community=${encodeURIComponent(community)}&f=${kind}`;
  return save(path, `${community}.${kind}`);
}
