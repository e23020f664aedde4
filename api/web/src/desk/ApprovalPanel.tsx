/** The way of a plan: proposed, reviewed, approved, in force; and what one may do now. */
import { useEffect } from 'preact/hooks';
import { ground, layout, me } from '../app/state';
import type { Approval } from '../net/calls';
import { day } from '../ui/format';
import { say } from '../words';
import { approving, isStepping, loadSteps, stepRefused } from './approving';
import { Busy, Chip, Fold, Refused } from './parts';
import { StepForms } from './StepForms';
import { type Step, stepsOf, waitsFor } from './steps';
import * as tell from './tell';

export function ApprovalPanel() {
  const here = layout.value?.plan;
  useEffect(() => {
    stepRefused.value = null;
    if (approving.value?.plan.plan_id !== here?.plan_id) approving.value = null;
    void loadSteps();
  }, [here?.plan_id, here?.revision, here?.status, me.value?.name]);
  const state = approving.value;
  if (!me.value) {
    return (
      <section class="desk-panel step-panel" aria-label={say('step_title')}>
        <p class="desk-hint">{say('draft_sign_in')}</p>
      </section>
    );
  }
  return (
    <section
      class="desk-panel step-panel"
      aria-label={say('step_title')}
      aria-busy={isStepping.value}
    >
      <header class="desk-head">
        <p class="desk-title">{here?.title}</p>
        {state && <Chip tone="accent">{tell.status(state.plan)}</Chip>}
      </header>
      {!state && !stepRefused.value && <Busy text={say('step_loading')} />}
      {state && (
        <>
          <p class="desk-hint">{tell.scope(state.plan, ground.value)}</p>
          <Timeline steps={stepsOf(state.plan, state.approvals)} />
          <Ended />
          <Waiting />
          <Refused refusal={stepRefused.value} />
          <StepForms key={`${state.plan.plan_id}-${state.plan.status}`} />
        </>
      )}
      {!state && <Refused refusal={stepRefused.value} />}
    </section>
  );
}

function Timeline({ steps }: { steps: Step[] }) {
  return (
    <ol class="step-line">
      {steps.map((step) => (
        <li
          key={step.name}
          class={`step step-${step.state}`}
          data-step={step.name}
          data-state={step.state}
          {...(step.state === 'now' ? { 'aria-current': 'step' as const } : {})}
        >
          <span class="step-mark" aria-hidden="true">
            {step.state === 'done' ? '✓' : step.state === 'stopped' ? '×' : ''}
          </span>
          <div class="step-body">
            <strong>{say(`step_name_${step.name}`)}</strong>
            <span class="step-state">{say(`step_state_${step.state}`)}</span>
            <p class="desk-hint">{say(`step_who_${step.name}`)}</p>
            {step.by && (
              <p>
                {tell.person(step.by)}
                {step.at && <span class="step-at"> · {tell.moment(step.at)}</span>}
              </p>
            )}
            {step.day && <p>{say('step_from', { day: day(step.day) })}</p>}
            {step.decisions.length > 0 && <Decisions some={step.decisions} />}
          </div>
        </li>
      ))}
    </ol>
  );
}

function Decisions({ some }: { some: Approval[] }) {
  const now = approving.value?.plan.revision;
  const list = (
    <ul class="step-decisions">
      {[...some].reverse().map((one) => (
        <li key={one.approval_id}>
          <Chip tone={one.decision === 'agree' ? 'good' : 'bad'}>
            {say(`step_level_${one.level}`)} {say(`step_decided_${one.decision}`)}
          </Chip>
          <span class="desk-hint">
            {tell.person(one.made_by)} · {tell.moment(one.made_at)}
            {one.revision !== now && `（${say('step_at_revision', { n: one.revision })}）`}
          </span>
          {one.note && <p class="step-note">{one.note}</p>}
        </li>
      ))}
    </ul>
  );
  return some.length > 2 ? (
    <Fold title={say('step_decisions', { n: some.length })}>{list}</Fold>
  ) : (
    list
  );
}

function Ended() {
  const plan = approving.value!.plan;
  if (plan.merged_into !== null)
    return <p class="step-end">{say('step_merged', { n: plan.merged_into })}</p>;
  if (plan.status === 'withdrawn') return <p class="step-end">{say('step_withdrawn')}</p>;
  if (plan.status === 'retired') {
    return <p class="step-end">{say('step_retired', { day: day(plan.valid_to) })}</p>;
  }
  return (
    <>
      {plan.document_no && <p>{say('step_document', { no: plan.document_no })}</p>}
      {plan.accepted_because && <p>{say('step_because', { why: plan.accepted_because })}</p>}
    </>
  );
}

function Waiting() {
  const why = waitsFor(approving.value!.plan, me.value);
  return why ? <p class="step-wait">{say(`step_waits_${why}`)}</p> : null;
}
