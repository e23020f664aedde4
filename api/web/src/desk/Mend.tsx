/** The tab "mend it for me": choose communities, wait, look at before and after, take it or not. */
import { useEffect, useState } from 'preact/hooks';
import { select } from '../app/actions';
import { beside, language, layout } from '../app/state';
import type { MendFigures, MendWire } from '../net/calls';
import { say, type Word } from '../words';
import { change, type FigureChange } from './change';
import {
  adoptMended,
  cancelMending,
  communityHere,
  type Mending,
  mendCommunities,
  mending,
  offered,
  toggleMended,
} from './mending';
import { Chip, FigureTable, Fold, Icon, Refused } from './parts';
import * as tell from './tell';

export function MendTab() {
  const state = mending.value;
  return (
    <div class="mend-tab" aria-live="polite">
      {state.kind === 'idle' && <Choose />}
      {state.kind === 'saving' && <Running seconds={0} since={0} />}
      {state.kind === 'running' && <Running seconds={state.seconds} since={state.since} />}
      {state.kind === 'failed' && (
        <>
          <Refused refusal={state.refusal} />
          <div class="desk-actions">
            <button type="button" class="ui-button" onClick={cancelMending}>
              {say('mend_again')}
            </button>
          </div>
        </>
      )}
      {state.kind === 'done' && <Proposal state={state} />}
    </div>
  );
}

function Choose() {
  const some = offered();
  const here = communityHere();
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(null);
  const usual = here || some[0]?.code;
  const ticked = chosen ?? new Set(usual ? [usual] : []);
  const turn = (code: string) => {
    const next = new Set(ticked);
    if (!next.delete(code)) next.add(code);
    setChosen(next);
  };
  const wanted = some.filter((one) => ticked.has(one.code)).map((one) => one.code);
  return (
    <>
      <p>{say('mend_what')}</p>
      {some.length === 0 ? (
        <p class="desk-hint">{say('mend_none')}</p>
      ) : (
        <fieldset class="mend-choice">
          <legend>{say('mend_choose')}</legend>
          {some.map((one) => (
            <label key={one.code} class="desk-check">
              <input
                type="checkbox"
                checked={ticked.has(one.code)}
                onChange={() => turn(one.code)}
              />
              <span>{one.name}</span>
              <span class="desk-hint">
                {one.faults ? say('mend_faults', { n: one.faults }) : say('mend_no_faults')}
              </span>
            </label>
          ))}
        </fieldset>
      )}
      <div class="desk-actions">
        <button
          type="button"
          class="ui-button ui-button-main"
          disabled={!wanted.length}
          onClick={() => void mendCommunities(wanted)}
        >
          <Icon name="mend" />
          {say('mend_start', { n: wanted.length })}
        </button>
      </div>
    </>
  );
}

function Running({ since, seconds }: { since: number; seconds: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  const spent = seconds ? Math.max(0, (now - since) / 1000) : 0;
  return (
    <div class="mend-running">
      <p role="status">
        {!seconds
          ? say('mend_saving_first')
          : say(spent > seconds ? 'mend_longer' : 'mend_running', { most: seconds })}
      </p>
      <progress
        max={seconds || 1}
        // past its time the bar only shows that work goes on
        {...(seconds && spent <= seconds ? { value: spent } : {})}
        aria-label={say('edit_tab_mend')}
      />
      <div class="desk-actions">
        <button type="button" class="ui-button" onClick={cancelMending}>
          {say('edit_cancel')}
        </button>
      </div>
    </div>
  );
}

function rowsOf(before: MendFigures, after: MendFigures): FigureChange[] {
  return [
    change('grids', before.n_grids, after.n_grids),
    change('share_in_band', shareOf(before), shareOf(after)),
    change('cv', before.cv, after.cv),
    change('walk_mean', before.walk_mean_m, after.walk_mean_m),
    change('hard', before.hard, after.hard),
    change('soft', before.soft, after.soft),
  ];
}

/** `in_band` counts grids, or is a share already. */
function shareOf(given: MendFigures): number | null {
  if (given.in_band === null || given.in_band === undefined) return null;
  if (given.in_band <= 1 && !Number.isInteger(given.in_band)) return given.in_band;
  return given.n_grids ? given.in_band / given.n_grids : null;
}

const TONES: Record<MendWire['status'], 'good' | 'plain' | 'warn' | 'bad'> = {
  optimal: 'good',
  gap: 'plain',
  heuristic: 'plain',
  unchanged: 'good',
  impossible: 'bad',
};

function Proposal({ state }: { state: Extract<Mending, { kind: 'done' }> }) {
  const { answer, moves, after } = state;
  const isShown = after !== null && beside.value?.layout === after;
  const isUsable = answer.edits.length > 0 && answer.status !== 'impossible';
  const words = answer.words[language.value] || answer.words.zh;
  return (
    <>
      <p class="mend-status">
        <Chip tone={TONES[answer.status]}>{say(`mend_status_${answer.status}` as Word)}</Chip>
      </p>
      {words && <p>{words}</p>}
      {isUsable && (
        <>
          <FigureTable caption={say('mend_figures')} rows={rowsOf(answer.before, answer.after)} />
          <div class="desk-actions">
            <button type="button" class="ui-button" aria-pressed={isShown} onClick={toggleMended}>
              {say(isShown ? 'mend_hide' : 'mend_show')}
            </button>
          </div>
          <Fold
            title={say('mend_moves', {
              n: answer.moved,
              households: tell.count(answer.moved_households),
            })}
            isOpen={moves.length <= 8}
          >
            <ul class="desk-moves">
              {moves.map((move) => (
                <li key={move.id}>
                  <button
                    type="button"
                    class="ui-link"
                    onClick={() => select({ kind: 'courtyard', id: move.id }, { fly: true })}
                  >
                    {move.name}
                  </button>
                  <span>
                    {tell.gridName(layout.value, move.from)}
                    <span aria-hidden="true"> → </span>
                    {tell.gridName(after, move.to)}
                  </span>
                  <span class="edit-yard-n">
                    {say('edit_households', { n: tell.count(move.households) })}
                  </span>
                </li>
              ))}
            </ul>
          </Fold>
        </>
      )}
      <div class="desk-actions mend-decide">
        {isUsable && (
          <button type="button" class="ui-button ui-button-main" onClick={() => void adoptMended()}>
            {say('mend_adopt')}
          </button>
        )}
        <button type="button" class="ui-button" onClick={cancelMending}>
          {say(isUsable ? 'mend_reject' : 'mend_back')}
        </button>
      </div>
    </>
  );
}
