/** The steps that one may take now, each with what it needs to know. */
import { useState } from 'preact/hooks';
import { confirmBox, notify, openPanel } from '../app/actions';
import { me, plans } from '../app/state';
import { approve, objectTo, publish, sendBack, submit, withdraw } from '../net/calls';
import { day as dayInWords } from '../ui/format';
import { say } from '../words';
import { approving, isStepping, stepRefused, take } from './approving';
import { seen } from './asks';
import { Fold } from './parts';
import { actsOf, chinaDay, type StepAct } from './steps';
import * as tell from './tell';

type Level = 'community' | 'subdistrict' | 'district';

export function StepForms() {
  const { plan } = approving.value!;
  const acts = actsOf(plan, me.value);
  const has = (act: StepAct) => acts.includes(act);
  const isOpen = ['draft', 'proposed', 'approved'].includes(plan.status);
  return (
    <div class="step-forms">
      {isOpen && <VerdictBrief />}
      {has('submit') && <Submit />}
      {has('agree') && <Agree isMain={!has('approve') && !has('publish')} />}
      {has('approve') && <Approve />}
      {has('publish') && <Publish />}
      {has('send_back') && (
        <Fold title={say('step_send_back')}>
          <NoteForm
            why={say('step_send_back_why')}
            button={say('step_send_back')}
            isNeeded
            onSend={(note) =>
              take((now) => sendBack(now.plan_id, note, seen(now))).then((done) => {
                if (done) notify(say('step_sent_back'), 'good');
              })
            }
          />
        </Fold>
      )}
      {has('object') && <ObjectTo />}
      {has('withdraw') && (
        <Fold title={say('step_withdraw')}>
          <NoteForm
            why={say('step_withdraw_why')}
            button={say('step_withdraw')}
            onSend={async (note) => {
              if (!(await confirmBox(say('step_withdraw_ask', { title: plan.title })))) return;
              await take((now) => withdraw(now.plan_id, note));
            }}
          />
        </Fold>
      )}
    </div>
  );
}

/** How the plan is judged as it stands at the service. */
function VerdictBrief() {
  const verdict = approving.value!.verdict;
  if (!verdict) return null;
  const { n_hard: hard, n_soft: soft } = verdict;
  return (
    <div class={`step-verdict step-verdict-${hard ? 'bad' : soft ? 'warn' : 'good'}`}>
      <p>{say('step_verdict', { hard, soft })}</p>
      {hard > 0 && <p>{say('step_hard_bars')}</p>}
      {hard + soft > 0 && (
        <Fold title={say('step_faults', { n: hard + soft })}>
          <ul class="desk-list">
            {verdict.faults.slice(0, 40).map((fault) => (
              <li key={fault.kind + fault.grid_code + fault.courtyard_ids.join()}>
                {tell.fault(fault)}
              </li>
            ))}
          </ul>
        </Fold>
      )}
    </div>
  );
}

function Submit() {
  const { plan } = approving.value!;
  const send = async () => {
    if (!(await confirmBox(say('step_submit_ask', { title: plan.title })))) return;
    const done = await take((now) => submit(now.plan_id, seen(now)));
    if (done) notify(say('step_submitted'), 'good');
  };
  return (
    <section class="step-form">
      <p class="desk-hint">
        {say(plan.scope === null ? 'step_submit_why' : 'step_submit_own_why')}
      </p>
      <div class="desk-actions">
        <button
          type="button"
          class="ui-button ui-button-main"
          disabled={isStepping.value}
          onClick={() => void send()}
        >
          {say('step_submit')}
        </button>
        <button type="button" class="ui-button" onClick={() => openPanel('edit')}>
          {say('step_back_to_edit')}
        </button>
      </div>
    </section>
  );
}

function NoteForm(given: {
  why: string;
  button: string;
  isNeeded?: boolean;
  isMain?: boolean;
  onSend: (note: string) => Promise<unknown>;
}) {
  const [note, setNote] = useState('');
  return (
    <form
      class="desk-form"
      onSubmit={(event) => {
        event.preventDefault();
        void given.onSend(note.trim());
      }}
    >
      <p class="desk-hint">{given.why}</p>
      <label>
        {say(given.isNeeded ? 'step_note_needed' : 'step_note')}
        <textarea
          rows={2}
          maxLength={2000}
          value={note}
          onInput={(event) => setNote(event.currentTarget.value)}
        />
      </label>
      <div class="desk-actions">
        <button
          type="submit"
          class={`ui-button${given.isMain ? ' ui-button-main' : ''}`}
          disabled={isStepping.value || (given.isNeeded === true && !note.trim())}
        >
          {given.button}
        </button>
      </div>
    </form>
  );
}

function Levels(given: { value: Level; some: Level[]; onChange: (level: Level) => void }) {
  return (
    <label class="desk-field">
      {say('step_for_whom')}
      <select
        value={given.value}
        onChange={(event) => given.onChange(event.currentTarget.value as Level)}
      >
        {given.some.map((level) => (
          <option key={level} value={level}>
            {say(`step_level_${level}`)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** An agreement of a community or subdistrict; the plan stays as it is. */
function Agree({ isMain }: { isMain: boolean }) {
  const [level, setLevel] = useState<Level>('community');
  return (
    <Fold title={say('step_agree')} isOpen={isMain}>
      <Levels value={level} some={['community', 'subdistrict']} onChange={setLevel} />
      <NoteForm
        why={say('step_agree_why')}
        button={say('step_agree')}
        isMain={isMain}
        onSend={(note) =>
          take((now) => approve(now.plan_id, level, note, seen(now))).then((done) => {
            if (done) notify(say('step_agreed'), 'good');
          })
        }
      />
    </Fold>
  );
}

function ObjectTo() {
  const [level, setLevel] = useState<Level>('community');
  return (
    <Fold title={say('step_object')}>
      <Levels value={level} some={['community', 'subdistrict', 'district']} onChange={setLevel} />
      <NoteForm
        why={say('step_object_why')}
        button={say('step_object')}
        isNeeded
        onSend={(note) =>
          take((now) => objectTo(now.plan_id, level, note, seen(now))).then((done) => {
            if (done) notify(say('step_objected'), 'good');
          })
        }
      />
    </Fold>
  );
}

function Approve() {
  return (
    <section class="step-form" aria-label={say('step_approve')}>
      <h3>{say('step_approve')}</h3>
      <NoteForm
        why={say('step_approve_why')}
        button={say('step_approve')}
        isMain
        onSend={(note) =>
          take((now) => approve(now.plan_id, 'district', note, seen(now))).then((done) => {
            if (done) notify(say('step_approved'), 'good');
          })
        }
      />
    </section>
  );
}

/** The first day that a version may begin: today, or after the one published last. */
function firstDay(): string {
  const today = chinaDay();
  const last = plans.value
    .filter((plan) => plan.district_code === approving.value!.plan.district_code)
    .map((plan) => plan.effective_date ?? '')
    .sort()
    .pop();
  if (!last || last < today) return today;
  const next = new Date(`${last}T00:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
}

function Publish() {
  const { verdict } = approving.value!;
  const first = firstDay();
  const [no, setNo] = useState('');
  const [day, setDay] = useState(first);
  const [because, setBecause] = useState('');
  const [follows, setFollows] = useState(false);
  const refused = stepRefused.value?.body;
  const latest = typeof refused?.latest === 'number' ? refused.latest : null;
  const hasSoft = (verdict?.n_soft ?? 0) > 0;
  const hasHard = (verdict?.n_hard ?? 0) > 0;
  const isReady =
    no.trim() !== '' && day >= first && (!hasSoft || because.trim() !== '') && !hasHard;
  const send = async (event: Event) => {
    event.preventDefault();
    const order = { document_no: no.trim(), effective_date: day };
    const done = await take((now) =>
      publish(
        now.plan_id,
        {
          ...order,
          ...(because.trim() ? { accepted_because: because.trim() } : {}),
          ...(follows && latest !== null ? { follows: latest } : {}),
        },
        seen(now),
      ),
    );
    if (done) notify(say('step_published', { day: dayInWords(day) }), 'good');
  };
  return (
    <form class="desk-form step-form" onSubmit={(event) => void send(event)}>
      <h3>{say('step_publish')}</h3>
      <p class="desk-hint">{say('step_publish_why')}</p>
      <label>
        {say('step_document_no')}
        <input
          type="text"
          maxLength={64}
          value={no}
          placeholder={say('step_document_like')}
          onInput={(event) => setNo(event.currentTarget.value)}
        />
      </label>
      <label>
        {say('step_effective_date')}
        <input
          type="date"
          min={first}
          max={chinaDay(new Date(), 366)}
          value={day}
          onInput={(event) => setDay(event.currentTarget.value)}
        />
      </label>
      {day < first && <p class="desk-hint">{say('step_day_from', { day: dayInWords(first) })}</p>}
      {hasSoft && (
        <label>
          {say('step_accepted_because', { n: verdict?.n_soft ?? 0 })}
          <textarea
            rows={2}
            maxLength={2000}
            value={because}
            onInput={(event) => setBecause(event.currentTarget.value)}
          />
        </label>
      )}
      {latest !== null && (
        <label class="desk-check">
          <input
            type="checkbox"
            checked={follows}
            onChange={(event) => setFollows(event.currentTarget.checked)}
          />
          {say('step_follows', {
            title: plans.value.find((plan) => plan.plan_id === latest)?.title ?? latest,
          })}
        </label>
      )}
      {hasHard && <p class="step-wait">{say('step_hard_bars')}</p>}
      <div class="desk-actions">
        <button
          type="submit"
          class="ui-button ui-button-main"
          disabled={isStepping.value || !isReady}
        >
          {say('step_publish')}
        </button>
      </div>
    </form>
  );
}
