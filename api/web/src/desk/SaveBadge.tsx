/** How saving goes, in the header; and the banner while the network is away. */
import { dialog, saving } from '../app/state';
import { say } from '../words';
import { clashOpen } from './ConflictDialog';
import { session } from './session';

type State = (typeof saving.value)['state'];

const SIGNS: Record<State, string> = {
  saved: '✓',
  saving: '…',
  offline: '!',
  conflict: '!',
  refused: '!',
  signed_out: '!',
};

export function saveWords(): string {
  const { state, waiting } = saving.value;
  switch (state) {
    case 'saved':
      return say('save_saved');
    case 'saving':
      return say('save_saving');
    case 'offline':
      return waiting ? say('save_offline', { n: waiting }) : say('save_offline_idle');
    case 'conflict':
      return say('save_conflict');
    case 'refused':
      return say('save_refused');
    case 'signed_out':
      return say('save_signed_out');
  }
}

/** Nothing is shown while nobody edits. */
export function SaveBadge() {
  if (!session.value) return null;
  const { state } = saving.value;
  const words = saveWords();
  const act =
    state === 'conflict' || state === 'refused'
      ? () => {
          clashOpen.value = true;
        }
      : state === 'signed_out'
        ? () => {
            dialog.value = 'sign_in';
          }
        : null;
  const inner = (
    <>
      <span class="save-sign" aria-hidden="true">
        {SIGNS[state]}
      </span>
      {words}
    </>
  );
  return act ? (
    <button type="button" class={`save-badge save-${state}`} data-state={state} onClick={act}>
      {inner}
    </button>
  ) : (
    <span class={`save-badge save-${state}`} data-state={state} role="status">
      {inner}
    </span>
  );
}

/** Says that work goes on though the service cannot be reached, and whether anything may be lost. */
export function OfflineBanner() {
  if (!session.value || saving.value.state !== 'offline') return null;
  const isKept = session.value.sync.isDurable.value;
  return (
    <div class="save-banner" role="status">
      <strong>{saveWords()}</strong>
      <span>{say(isKept ? 'save_offline_why' : 'save_offline_not_kept')}</span>
    </div>
  );
}
