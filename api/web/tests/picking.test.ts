/** What is picked while an edit is being written down. */
import { expect, test } from 'vitest';
import { ground, layout, picked } from '../src/app/state';
import { carryOut, session } from '../src/desk/session';
import type { Candidate } from '../src/desk/targets';
import type { Sync } from '../src/net/sync';
import { lattice, WEST } from './lattice';

test('a courtyard picked while the last edit is written down stays picked', async () => {
  const town = lattice();
  ground.value = town.ground;
  layout.value = town.layout;
  let written = () => {};
  const edit = () =>
    new Promise<void>((done) => {
      written = done;
    });
  session.value = { plan_id: 1, name: 'anna', sync: { edit } as unknown as Sync, isReady: true };
  const plan: Partial<Candidate> = {
    edits: [{ op: 'move', courtyards: ['c00'], to: `${WEST}002` }],
    to: `${WEST}002`,
  };
  picked.value = new Set([0]);
  const done = carryOut(plan as Candidate);
  picked.value = new Set([0, 5]);
  written();
  expect(await done).toBe(true);
  expect([...picked.value]).toEqual([5]);
});
