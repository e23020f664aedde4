/** What the page tells beside the map: notices, questions, no network, no map at all. */
import { Component, type ComponentChildren } from 'preact';
import { hideNotice, openPanel, openPlan } from '../app/actions';
import { usualPlan } from '../app/opening';
import {
  dialog,
  fetching,
  me,
  notice,
  online,
  question,
  type Screen,
  saving,
  start,
} from '../app/state';
import { OfflineBanner as DeskBanner } from '../desk';
import { say } from '../words';
import { Dialog } from './Dialog';
import { Icon } from './icons';

export function Notice() {
  const told = notice.value;
  return (
    <div class="notice-place">
      <div role="status" aria-live="polite" class="notice-live">
        {told && (
          <div class={`notice notice-${told.tone}`}>
            <Icon name={told.tone === 'bad' ? 'warn' : told.tone === 'good' ? 'check' : 'info'} />
            <p>{told.text}</p>
            <button
              type="button"
              class="ui-bare"
              aria-label={say('ui_close')}
              onClick={() => hideNotice()}
            >
              <Icon name="close" />
            </button>
          </div>
        )}
      </div>
    </div>
  );
}

export function Question() {
  const asked = question.value;
  if (!asked) return null;
  return (
    <Dialog title={say('ui_question')} onClose={() => asked.answer(false)}>
      <p class="dialog-text">{asked.text}</p>
      <div class="dialog-foot">
        <button type="button" class="ui-button" data-first onClick={() => asked.answer(false)}>
          {say('ui_no')}
        </button>
        <button type="button" class="ui-button ui-button-main" onClick={() => asked.answer(true)}>
          {say('ui_yes')}
        </button>
      </div>
    </Dialog>
  );
}

export function OfflineBanner() {
  // whoever edits is told how many edits wait
  if (saving.value.state === 'offline') return <DeskBanner />;
  return (
    <div role="status" aria-live="polite">
      {!online.value && (
        <p class="offline">
          <Icon name="offline" size={18} />
          <span>{say('ui_offline')}</span>
        </p>
      )}
    </div>
  );
}

/** A thin line while another plan is on its way. */
export function Fetching() {
  return (
    <div role="status" aria-live="polite">
      {fetching.value !== '' && (
        <div class="fetching">
          <span class="ui-offstage">{fetching.value}</span>
        </div>
      )}
    </div>
  );
}

const BLOCKS = Array.from('abcdefghijkl');

/** What stands where the map will be. */
export function Loading({ what }: { what: string }) {
  return (
    <div class="state" role="status" aria-live="polite">
      <div class="skeleton" aria-hidden="true">
        {BLOCKS.map((block) => (
          <span key={block} />
        ))}
      </div>
      <p class="state-what">{say(what === 'start' ? 'ui_loading_start' : 'ui_loading_plan')}</p>
    </div>
  );
}

export function Failed({ told }: { told: Extract<Screen, { kind: 'error' }> }) {
  // the plan that was asked for is not there: there may be another one
  const other = told.isMissing ? usualPlan() : null;
  return (
    <div class="state" role="alert">
      <Icon name={told.door ? 'user' : 'warn'} size={40} />
      <h2>{told.title}</h2>
      <p>{told.detail}</p>
      <div class="state-buttons">
        {told.door && start.value?.has_accounts && !me.value && (
          <button
            type="button"
            class="ui-button ui-button-main"
            onClick={() => {
              dialog.value = 'sign_in';
            }}
          >
            {say('door_in')}
          </button>
        )}
        {other && (
          <button
            type="button"
            class="ui-button ui-button-main"
            onClick={() => void openPlan(other.plan_id)}
          >
            {say('open_current')}
          </button>
        )}
        {told.retry && (
          <button type="button" class="ui-button" onClick={told.retry}>
            {say('ui_again')}
          </button>
        )}
      </div>
    </div>
  );
}

/** No version yet: say what comes first. */
export function Empty() {
  const may = me.value?.permissions ?? [];
  return (
    <div class="state">
      <Icon name="map" size={40} />
      <h2>{say('ui_empty')}</h2>
      <p>
        {say(
          may.includes('compute')
            ? 'ui_empty_planner'
            : me.value
              ? 'ui_empty_other'
              : 'ui_empty_public',
        )}
      </p>
      <div class="state-buttons">
        {!me.value && start.value?.has_accounts && (
          <button
            type="button"
            class="ui-button ui-button-main"
            onClick={() => {
              dialog.value = 'sign_in';
            }}
          >
            {say('door_in')}
          </button>
        )}
        {may.includes('see_drafts') && (
          <button
            type="button"
            class="ui-button ui-button-main"
            onClick={() => openPanel('drafts')}
          >
            {say('panel_drafts')}
          </button>
        )}
      </div>
    </div>
  );
}

/** A fault of ours: say so kindly and offer to begin again. What was edited is kept elsewhere. */
export class Guard extends Component<{ children: ComponentChildren }, { isBroken: boolean }> {
  override state = { isBroken: false };

  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ isBroken: true });
  }

  override render() {
    if (!this.state.isBroken) return this.props.children;
    return (
      <div class="state state-whole" role="alert">
        <Icon name="warn" size={40} />
        <h1>{say('ui_broken')}</h1>
        <p>{say('ui_broken_why')}</p>
        <div class="state-buttons">
          <button type="button" class="ui-button ui-button-main" onClick={() => location.reload()}>
            {say('ui_reload')}
          </button>
          <a class="ui-button" href="map">
            {say('ui_begin_again')}
          </a>
        </div>
      </div>
    );
  }
}
