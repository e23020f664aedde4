/** Edits that met others': side by side, mine or theirs; and those that were refused. */
import { effect, signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { ground, layout, saving } from '../app/state';
import type { Entry } from '../model/edits';
import { getMoves, type LogEntry, type Revision } from '../net/calls';
import type { Conflict, Refused as RefusedEdit } from '../net/sync';
import { Dialog } from '../ui/Dialog';
import { say, type Word } from '../words';
import { Chip, Fold } from './parts';
import { endedAs, leaveEnded, lookWhetherEnded, session } from './session';
import * as tell from './tell';

/** whether the dialog is wanted; it opens by itself when something new collides */
export const clashOpen = signal(false);

export function ConflictDialog() {
  useEffect(() => {
    let known = 0;
    return effect(() => {
      const sync = session.value?.sync;
      const n = sync ? sync.conflicts.value.length + sync.refused.value.length : 0;
      if (n > known) {
        clashOpen.value = true;
        void lookWhetherEnded();
      }
      if (n === 0) clashOpen.value = false;
      known = n;
    });
  }, []);
  const sync = session.value?.sync;
  if (!sync || !clashOpen.value) return null;
  const conflicts = sync.conflicts.value;
  const refused = sync.refused.value;
  if (!conflicts.length && !refused.length) return null;
  const others = saving.value.waiting - conflicts.length;
  const ended = endedAs.value;
  return (
    <Dialog
      isWide
      title={say(conflicts.length ? 'clash_title' : 'clash_refused_title')}
      onClose={() => {
        clashOpen.value = false;
      }}
    >
      <div class="clash-body">
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
        {ended !== null && (
          <section>
            <p>{say('clash_ended', { status: tell.status({ status: ended }) })}</p>
            <div class="desk-actions">
              <button
                type="button"
                class="ui-button ui-button-main"
                onClick={() => void leaveEnded()}
              >
                {say('clash_leave')}
              </button>
            </div>
          </section>
        )}
        {others > 0 && <p class="desk-hint">{say('clash_waiting', { n: others })}</p>}
      </div>
    </Dialog>
  );
}

/** Why an edit was put aside, in an office's words. */
function reasonWords({ word, status }: RefusedEdit['reason']): string {
  if (word) return say(word as Word);
  if (status === 403) return say('step_forbidden');
  if (status === 404) return say('step_missing');
  return say(status === 409 ? 'clash_not_now' : 'step_refused');
}

/** What some lines of the log did, courtyards with the same way in one sentence. */
export function sentences(entries: readonly (Entry | LogEntry)[]): string[] {
  const [on, now] = [ground.value, layout.value];
  const said: string[] = [];
  const ways = new Map<string, { ids: string[]; from: string; to: string }>();
  for (const { kind, subject, before, after } of entries) {
    if (kind === 'move') {
      const way = ways.get(`${before} ${after}`);
      if (way) way.ids.push(subject);
      else ways.set(`${before} ${after}`, { ids: [subject], from: before, to: after });
    } else if (kind === 'lock') {
      const name = tell.subjectName(subject, on, now);
      said.push(say(after ? 'clash_locked' : 'clash_unlocked', { subject: name }));
    } else if (before) {
      said.push(say('clash_renamed', { grid: before, name: after }));
    }
  }
  const moves = [...ways.values()].map(({ ids, from, to }) =>
    say('clash_moved', {
      yard: tell.listed(ids, on),
      from: tell.gridName(now, from),
      to: tell.gridName(now, to),
    }),
  );
  return [...moves, ...said];
}

function Clash({ one }: { one: Conflict }) {
  const { sync, plan_id } = session.value!;
  const [met, setMet] = useState<Revision[]>([]);
  const numbers = new Set(one.theirs.map((entry) => entry.revision));
  const first = Math.min(...numbers);
  // the log tells when it was; without it the name has to do
  useEffect(() => {
    if (!Number.isFinite(first)) return;
    getMoves(plan_id, first - 1).then(
      (told) => setMet(told.revisions.filter((rev) => numbers.has(rev.revision))),
      () => undefined,
    );
  }, [first]);
  const last = met[met.length - 1];
  return (
    <li class="clash" data-clash={one.id}>
      <div class="clash-sides">
        <section class="clash-side">
          <h4>
            <Chip tone="plain">{say('clash_theirs')}</Chip>
            <strong>{one.who}</strong>
            {last && <span class="desk-hint">{tell.moment(last.made_at)}</span>}
          </h4>
          <Lines lines={sentences(one.theirs)} />
        </section>
        <section class="clash-side clash-mine">
          <h4>
            <Chip tone="accent">{say('clash_mine')}</Chip>
            <strong>{session.value!.name}</strong>
            <span class="desk-hint">{tell.moment(new Date(one.edit.at).toISOString())}</span>
          </h4>
          <Lines lines={sentences(one.edit.entries)} />
        </section>
      </div>
      {one.builtOn.length > 0 && (
        <p class="desk-hint">{say('clash_built_on', { n: one.builtOn.length })}</p>
      )}
      {/* in the order of the two sides above */}
      <div class="desk-actions">
        <button type="button" class="ui-button" onClick={() => void sync.resolve(one, 'theirs')}>
          {say('clash_take_theirs')}
        </button>
        <button type="button" class="ui-button" onClick={() => void sync.resolve(one, 'mine')}>
          {say('clash_take_mine')}
        </button>
      </div>
    </li>
  );
}

function Lines({ lines }: { lines: string[] }) {
  return (
    <ul>
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

function RefusedRow({ one }: { one: RefusedEdit }) {
  const { sync } = session.value!;
  const { detail } = one.reason;
  return (
    <li class="clash">
      <Lines lines={sentences(one.edit.entries)} />
      <p class="clash-reason">{reasonWords(one.reason)}</p>
      {detail && (
        <Fold title={say('step_told_by_service')}>
          <p class="desk-said">{detail}</p>
        </Fold>
      )}
      <div class="desk-actions">
        <button type="button" class="ui-button" onClick={() => void sync.retry(one)}>
          {say('clash_retry')}
        </button>
        <button type="button" class="ui-button" onClick={() => void sync.discard(one)}>
          {say('clash_discard')}
        </button>
      </div>
    </li>
  );
}
