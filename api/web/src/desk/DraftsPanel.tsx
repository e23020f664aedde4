/** Versions and drafts: which there are, opening one, starting one, merging one. */
import { useState } from 'preact/hooks';
import { confirmBox, notify, openPanel, openPlan, refreshPlans } from '../app/actions';
import { ground, layout, me, plans } from '../app/state';
import type { PlanInfo } from '../model/types';
import { mergeDraft, startDraft } from '../net/calls';
import { day } from '../ui/format';
import { revisionWord } from '../ui/Header';
import { say } from '../words';
import { planOf, seen } from './asks';
import { Busy, Chip, type ChipTone, Fold, Refused } from './parts';
import { type Refusal, refusalOf } from './refusals';
import { beginEditing } from './session';
import { chinaDay, mayEdit } from './steps';
import * as tell from './tell';
import { isUnsaved } from './unsaved';

const TONES: Record<PlanInfo['status'], ChipTone> = {
  draft: 'accent',
  proposed: 'warn',
  approved: 'warn',
  upcoming: 'good',
  in_force: 'good',
  retired: 'plain',
  withdrawn: 'plain',
};

/** Versions that a new draft may start from, the newest first. */
function basesOf(all: readonly PlanInfo[]): PlanInfo[] {
  return all
    .filter((plan) => ['in_force', 'upcoming', 'retired'].includes(plan.status))
    .sort((a, b) => (b.effective_date ?? '').localeCompare(a.effective_date ?? ''));
}

export function DraftsPanel() {
  const all = plans.value;
  const [isNew, setNew] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const may = me.value?.permissions.includes('edit') ?? false;
  const groups: [string, PlanInfo[]][] = [
    [say('draft_group_drafts'), all.filter((p) => p.status === 'draft')],
    [
      say('draft_group_waiting'),
      all.filter((p) => p.status === 'proposed' || p.status === 'approved'),
    ],
    [say('draft_group_versions'), basesOf(all)],
  ];
  const ended = all.filter((p) => p.status === 'withdrawn');
  return (
    <section class="desk-panel draft-panel" aria-label={say('draft_title')}>
      {may && !isNew && (
        <div class="desk-actions">
          <button type="button" class="ui-button ui-button-main" onClick={() => setNew(true)}>
            {say('draft_new')}
          </button>
        </div>
      )}
      {isNew && <NewDraft onDone={() => setNew(false)} />}
      <Refused refusal={refusal} />
      {!me.value && <p class="desk-hint">{say('draft_sign_in')}</p>}
      {groups.map(([title, some]) => (
        <section key={title} class="draft-group" aria-label={title}>
          <h3>
            {title}
            <span class="desk-number">{some.length}</span>
          </h3>
          {some.length === 0 && <p class="desk-hint">{say('draft_none')}</p>}
          <ul class="draft-list">
            {some.map((plan) => (
              <PlanRow key={plan.plan_id} plan={plan} onRefused={setRefusal} />
            ))}
          </ul>
        </section>
      ))}
      {ended.length > 0 && (
        <Fold title={say('draft_group_ended', { n: ended.length })}>
          <ul class="draft-list">
            {ended.map((plan) => (
              <PlanRow key={plan.plan_id} plan={plan} onRefused={setRefusal} />
            ))}
          </ul>
        </Fold>
      )}
    </section>
  );
}

/** Who made a plan and when; the service names it by two words, for drafts and on the map. */
function maker(plan: PlanInfo): { by: string; at: string } {
  const told = plan as PlanInfo & { created_by?: string; created_at?: string };
  return {
    by: tell.person(plan.made_by ?? told.created_by),
    at: tell.moment(plan.made_at ?? told.created_at),
  };
}

function PlanRow({ plan, onRefused }: { plan: PlanInfo; onRefused: (r: Refusal | null) => void }) {
  const open = layout.value?.plan;
  const isHere = open?.plan_id === plan.plan_id;
  const { by, at } = maker(plan);
  const role = me.value?.role;
  // a planner takes a subdistrict's proposal into the district's draft that is open
  const isTaken =
    role === 'planner' &&
    plan.scope !== null &&
    plan.status === 'proposed' &&
    open?.status === 'draft' &&
    open.scope === null &&
    open.plan_id !== plan.plan_id;
  const take = async () => {
    if (!open) return;
    const question = say('draft_merge_ask', { title: plan.title, into: open.title });
    if (!(await confirmBox(question))) return;
    onRefused(null);
    try {
      const now = await planOf(open.plan_id);
      await mergeDraft(open.plan_id, plan.plan_id, seen(now));
      notify(say('draft_merged', { title: plan.title }), 'good');
      await refreshPlans();
      await openPlan(open.plan_id);
    } catch (error) {
      onRefused(refusalOf(error));
    }
  };
  return (
    <li class={`draft-row${isHere ? ' draft-here' : ''}`} data-plan={plan.plan_id}>
      <div class="draft-row-head">
        <strong>{plan.title}</strong>
        {isUnsaved(plan.plan_id, me.value?.name) && <Chip tone="bad">{say('draft_unsaved')}</Chip>}
        <Chip tone={TONES[plan.status]}>{tell.status(plan)}</Chip>
      </div>
      <p class="draft-facts">
        <span>{tell.scope(plan, ground.value)}</span>
        {plan.document_no && <span>{plan.document_no}</span>}
        {plan.effective_date && (
          <span>{say('draft_from_day', { day: day(plan.effective_date) })}</span>
        )}
        {by && <span>{say('draft_made', { by, at })}</span>}
        {plan.status === 'draft' && <span>{revisionWord(plan.revision)}</span>}
      </p>
      <div class="desk-actions">
        {isHere ? (
          <span class="draft-mark">{say('draft_is_open')}</span>
        ) : (
          <button
            type="button"
            class="ui-button"
            aria-label={`${say('draft_open')} ${plan.title}`}
            onClick={() => void openPlan(plan.plan_id)}
          >
            {say('draft_open')}
          </button>
        )}
        {mayEdit(plan, me.value) && (
          <button
            type="button"
            class="ui-button ui-button-main"
            aria-label={`${say('draft_edit')} ${plan.title}`}
            onClick={() => void beginEditing(plan.plan_id)}
          >
            {say('draft_edit')}
          </button>
        )}
        {(plan.status === 'proposed' || plan.status === 'approved') && (
          <button
            type="button"
            class="ui-button"
            aria-label={`${say('draft_look_at_steps')} ${plan.title}`}
            onClick={async () => {
              if (isHere || (await openPlan(plan.plan_id))) openPanel('approval');
            }}
          >
            {say('draft_look_at_steps')}
          </button>
        )}
        {isTaken && (
          <button type="button" class="ui-button ui-button-main" onClick={() => void take()}>
            {say('draft_merge')}
          </button>
        )}
      </div>
    </li>
  );
}

function NewDraft({ onDone }: { onDone: () => void }) {
  const own = me.value?.role === 'clerk' ? me.value.subdistrict : null;
  const bases = basesOf(plans.value);
  const usual = bases.find((plan) => plan.status === 'in_force') ?? bases[0];
  // what was published last is what the next one must follow
  const [base, setBase] = useState(bases[0]?.plan_id ?? usual?.plan_id ?? 0);
  const [where, setWhere] = useState(own ?? '');
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const day = chinaDay();
  const named = [...(ground.value?.subdistricts.values() ?? [])];
  const place = named.find((one) => one.id === where)?.name ?? '';
  const usualTitle = say('draft_usual_title', {
    place,
    year: day.slice(0, 4),
    month: String(Number(day.slice(5, 7))),
  }).trim();
  const [title, setTitle] = useState<string | null>(null);
  const begin = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setRefusal(null);
    try {
      const words = (title ?? usualTitle).trim() || usualTitle;
      const made = await startDraft(base, words, own === null && where ? where : undefined);
      await refreshPlans();
      await beginEditing(made.plan_id);
      onDone();
    } catch (error) {
      setRefusal(refusalOf(error));
      setBusy(false);
    }
  };
  if (!bases.length) return <p class="desk-hint">{say('draft_no_base')}</p>;
  return (
    <form class="desk-form draft-new" onSubmit={(event) => void begin(event)}>
      <h3>{say('draft_new')}</h3>
      <label>
        {say('draft_field_title')}
        <input
          type="text"
          maxLength={100}
          value={title ?? usualTitle}
          onInput={(event) => setTitle(event.currentTarget.value)}
        />
      </label>
      <label>
        {say('draft_field_base')}
        <select value={base} onChange={(event) => setBase(Number(event.currentTarget.value))}>
          {bases.map((plan) => (
            <option key={plan.plan_id} value={plan.plan_id}>
              {`${tell.status(plan)}：${plan.document_no ?? plan.title}`}
            </option>
          ))}
        </select>
      </label>
      {own === null ? (
        <label>
          {say('draft_field_scope')}
          <select value={where} onChange={(event) => setWhere(event.currentTarget.value)}>
            <option value="">{say('draft_scope_district')}</option>
            {named.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
      ) : (
        <p class="desk-hint">{say('draft_own_scope', { place: place || own })}</p>
      )}
      <Refused refusal={refusal} />
      {isBusy && <Busy text={say('draft_starting')} />}
      <div class="desk-actions">
        <button type="submit" class="ui-button ui-button-main" disabled={isBusy}>
          {say('draft_start')}
        </button>
        <button type="button" class="ui-button" disabled={isBusy} onClick={onDone}>
          {say('edit_cancel')}
        </button>
      </div>
    </form>
  );
}
