/** Remarks on the plan, a grid or a courtyard: read, add, settle. */
import { useEffect, useState } from 'preact/hooks';
import { select } from '../app/actions';
import { ground, layout, me, selected } from '../app/state';
import type { Subject } from '../model/types';
import type { Comment } from '../net/calls';
import { say } from '../words';
import { Busy, Chip, Fold, Refused } from './parts';
import {
  addRemark,
  countRemarks,
  loadRemarks,
  mayRemark,
  remarks,
  remarksRefused,
  settleRemark,
} from './remarks';
import * as tell from './tell';

/** others write too */
const POLL_MS = 20_000;

export function CommentsPanel() {
  const [onlyHere, setOnlyHere] = useState(false);
  useEffect(() => {
    void loadRemarks();
    const timer = setInterval(() => {
      if (!document.hidden) void loadRemarks();
    }, POLL_MS);
    return () => clearInterval(timer);
  }, []);
  const here = tell.fromSubject(selected.value);
  const all = remarks.value?.list ?? [];
  const some = onlyHere && here ? all.filter((one) => one.subject === here) : all;
  const open = some.filter((one) => one.settled_by === null).reverse();
  const settled = some.filter((one) => one.settled_by !== null).reverse();
  const canRead = me.value?.permissions.includes('see_drafts') ?? false;
  return (
    <section class="desk-panel remark-panel" aria-label={say('remark_title')}>
      {!canRead ? (
        <p class="desk-hint">{say(me.value ? 'remark_not_for_role' : 'draft_sign_in')}</p>
      ) : (
        <>
          {mayRemark() && <AddRemark key={here} here={here} />}
          <Refused refusal={remarksRefused.value} />
          {here && all.length > 0 && (
            <label class="desk-check">
              <input
                type="checkbox"
                checked={onlyHere}
                onChange={(event) => setOnlyHere(event.currentTarget.checked)}
              />
              {say('remark_only_here', {
                name: tell.subjectName(here, ground.value, layout.value),
              })}
            </label>
          )}
          {remarks.value === null && !remarksRefused.value && <Busy text={say('remark_loading')} />}
          {remarks.value !== null && open.length === 0 && (
            <p class="desk-hint">{say('remark_none')}</p>
          )}
          <ul class="remark-list" aria-live="polite">
            {open.map((one) => (
              <RemarkRow key={one.comment_id} one={one} />
            ))}
          </ul>
          {settled.length > 0 && (
            <Fold title={say('remark_settled_n', { n: settled.length })}>
              <ul class="remark-list">
                {settled.map((one) => (
                  <RemarkRow key={one.comment_id} one={one} />
                ))}
              </ul>
            </Fold>
          )}
        </>
      )}
    </section>
  );
}

function RemarkRow({ one }: { one: Comment }) {
  const at = tell.toSubject(one.subject);
  const name = tell.subjectName(one.subject, ground.value, layout.value);
  return (
    <li class="remark" data-remark={one.comment_id}>
      <div class="remark-head">
        {at ? (
          <button type="button" class="ui-link" onClick={() => select(at, { fly: true })}>
            {name}
          </button>
        ) : (
          <span>{name}</span>
        )}
        <span class="desk-hint">
          {one.made_by} · {tell.moment(one.made_at)}
        </span>
      </div>
      <p class="remark-body">{one.body}</p>
      {one.settled_by !== null ? (
        <p class="desk-hint">
          {say('remark_settled', { by: one.settled_by, at: tell.moment(one.settled_at) })}
        </p>
      ) : (
        mayRemark() && (
          <div class="desk-actions">
            <button type="button" class="ui-button" onClick={() => void settleRemark(one)}>
              {say('remark_settle')}
            </button>
          </div>
        )
      )}
    </li>
  );
}

function AddRemark({ here }: { here: string }) {
  const [about, setAbout] = useState(here);
  const [body, setBody] = useState('');
  const [isBusy, setBusy] = useState(false);
  const send = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    if (await addRemark(body.trim(), about)) setBody('');
    setBusy(false);
  };
  return (
    <form class="desk-form" onSubmit={(event) => void send(event)}>
      <fieldset class="remark-about">
        <legend>{say('remark_about')}</legend>
        {here && (
          <label class="desk-check">
            <input
              type="radio"
              name="remark-about"
              checked={about === here}
              onChange={() => setAbout(here)}
            />
            {tell.subjectName(here, ground.value, layout.value)}
          </label>
        )}
        <label class="desk-check">
          <input
            type="radio"
            name="remark-about"
            checked={about === ''}
            onChange={() => setAbout('')}
          />
          {say('remark_whole_plan')}
        </label>
        {!here && <p class="desk-hint">{say('remark_choose')}</p>}
      </fieldset>
      <label>
        {say('remark_body')}
        <textarea
          rows={3}
          maxLength={4000}
          value={body}
          onInput={(event) => setBody(event.currentTarget.value)}
        />
      </label>
      <div class="desk-actions">
        <button type="submit" class="ui-button ui-button-main" disabled={isBusy || !body.trim()}>
          {say('remark_add')}
        </button>
      </div>
    </form>
  );
}

/** The mark on a card: how many open remarks there are on what it shows. */
export function RemarkMark({ subject }: { subject: Subject | null }) {
  const n = countRemarks(subject);
  return n > 0 ? <Chip tone="warn">{say('remark_mark', { n })}</Chip> : null;
}
