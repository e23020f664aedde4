/** Edits that met others': side by side, mine or theirs; and those that were refused. */
import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ground, layout, saving } from '../app/state';
import type { LogEntry } from '../net/calls';
import { say } from '../words';
import { Chip, Dialog, Fold } from './parts';
import { session } from './session';
import type { Conflict, Refused as RefusedEdit } from './syncing';
import * as tell from './tell';

/** whether the dialog is wanted; it opens by itself when something new collides */
export const clashOpen = signal(false);

export function ConflictDialog() {
  useEffect(() => {
    let known = 0;
    return effect(() => {
      const sync = session.value?.sync;
      const n = sync ? sync.conflicts.value.length + sync.refused.value.length : 0;
      if (n > known) clashOpen.value = true;
      if (n === 0) clashOpen.value = false;
      known = n;
    });
  }, []);
  const sync = session.value?.sync;
  if (!sync || !clashOpen.value) return null;
  const conflicts = sync.conflicts.value;
  const refused = sync.refused.value;
  if (!conflicts.length && !refused.length) return null;
  return (
    <Dialog
      title={say(conflicts.length ? 'clash_title' : 'clash_refused_title')}
      onClose={() => {
        clashOpen.value = false;
      }}
    >
      {conflicts.length > 0 && <p>{say('clash_why')}</p>}
      <ul class="clash-list">
        {conflicts.map((one) => (
          <Clash key={one.id} one={one} />
        ))}
      </ul>
      {refused.length > 0 && (
        <section>
          {conflicts.length > 0 && <h3>{say('clash_refused_title')}</h3>}
          <p class="desk-hint">{say('clash_refused_why')}</p>
          <ul class="clash-list">
            {refused.map((one) => (
              <RefusedRow key={one.id} one={one} />
            ))}
          </ul>
        </section>
      )}
      {saving.value.waiting > 0 && (
        <p class="desk-hint">{say('clash_waiting', { n: saving.value.waiting })}</p>
      )}
    </Dialog>
  );
}

/** One of theirs as a sentence. */
function theirs(entry: LogEntry): string {
  const [on, now] = [ground.value, layout.value];
  if (entry.kind === 'move') {
    return say('clash_moved', {
      yard: tell.yardName(on, entry.subject),
      from: tell.gridName(now, entry.before),
      to: tell.gridName(now, entry.after),
    });
  }
  if (entry.kind === 'name') {
    return say('clash_renamed', { grid: entry.before || entry.subject, name: entry.after });
  }
  return say(entry.after ? 'clash_locked' : 'clash_unlocked', {
    subject: tell.subjectName(entry.subject, on, now),
  });
}

function Clash({ one }: { one: Conflict }) {
  const sync = session.value!.sync;
  const mine = one.edits.map((edit) => tell.edit(edit, ground.value, layout.value));
  return (
    <li class="clash" data-clash={one.id}>
      <div class="clash-sides">
        <section class="clash-side">
          <h4>
            <Chip tone="plain">{say('clash_theirs')}</Chip>
            {one.who && <span>{one.who}</span>}
            {one.when && <span class="desk-hint">{tell.moment(one.when)}</span>}
          </h4>
          <ul>
            {one.theirs.map((entry) => (
              <li key={`${entry.revision}-${entry.seq}`}>{theirs(entry)}</li>
            ))}
          </ul>
        </section>
        <section class="clash-side clash-mine">
          <h4>
            <Chip tone="accent">{say('clash_mine')}</Chip>
          </h4>
          <ul>
            {mine.map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
        </section>
      </div>
      <div class="desk-actions">
        <button
          type="button"
          class="ui-button ui-button-main"
          onClick={() => void sync.resolve(one, 'mine')}
        >
          {say('clash_take_mine')}
        </button>
        <button type="button" class="ui-button" onClick={() => void sync.resolve(one, 'theirs')}>
          {say('clash_take_theirs')}
        </button>
      </div>
    </li>
  );
}

function RefusedRow({ one }: { one: RefusedEdit }) {
  const sync = session.value!.sync;
  return (
    <li class="clash">
      <ul>
        {one.edits.map((edit) => {
          const words = tell.edit(edit, ground.value, layout.value);
          return <li key={words}>{words}</li>;
        })}
      </ul>
      <Fold title={say('step_told_by_service')}>
        <p class="desk-said">{one.said}</p>
      </Fold>
      <div class="desk-actions">
        <button type="button" class="ui-button" onClick={() => void sync.discard(one)}>
          {say('clash_discard')}
        </button>
      </div>
    </li>
  );
}
