/** What is picked, and where it may go: each target with what would become of all concerned. */
import { useComputed } from '@preact/signals';
import { select } from '../app/actions';
import { ground, layout, picked } from '../app/state';
import { say } from '../words';
import { countRows } from './change';
import { Chip, Fold, Icon } from './parts';
import {
  asking,
  carryOut,
  clearPicks,
  faultWords,
  giving,
  gridSelected,
  lock,
  maths,
  pickGrid,
  toggleGiving,
  unlock,
} from './session';
import {
  type Candidate,
  candidatesFor,
  gridsOf,
  type Outcome,
  rowsOfGrid,
  splitOff,
} from './targets';
import * as tell from './tell';

export function Give() {
  if (!ground.value || !layout.value) return null;
  return (
    <>
      {picked.value.size ? <Targets /> : <NothingPicked />}
      <PickList />
    </>
  );
}

function Targets() {
  const on = ground.value!;
  // judged when picks or layout change, not when anything else is drawn
  const found = useComputed(() => {
    const [g, l, rows] = [ground.value, layout.value, picked.value];
    if (!g || !l || !rows.size) return { candidates: [], fresh: null };
    return {
      candidates: candidatesFor(l, g, maths.value, rows),
      fresh: splitOff(l, g, maths.value, rows),
    };
  });
  const { candidates, fresh } = found.value;
  const { courtyards, households } = countRows(on, picked.value);
  return (
    <section class="edit-give">
      <h3>
        {say('edit_picked', { n: courtyards, households: tell.count(households) })}
        <button type="button" class="ui-link" onClick={clearPicks}>
          {say('edit_clear')}
        </button>
      </h3>
      <Picked />
      {asking.value && <Asked plan={asking.value} />}
      <div class="edit-give-head">
        <h4>{say('edit_give_to')}</h4>
        <button type="button" class="ui-button" aria-pressed={giving.value} onClick={toggleGiving}>
          <Icon name="place" />
          {say(giving.value ? 'edit_give_stop' : 'edit_give_by_map')}
        </button>
      </div>
      {candidates.length === 0 && <p class="desk-hint">{say('edit_no_neighbour')}</p>}
      <ul class="edit-targets">
        {candidates.map((plan) => (
          <Target key={plan.target.code} plan={plan} />
        ))}
        {fresh && <Target key="fresh" plan={fresh} isNew />}
      </ul>
    </section>
  );
}

function NothingPicked() {
  const code = gridSelected();
  return (
    <section class="edit-give">
      <p class="desk-hint">{say('edit_nothing_picked')}</p>
      {code && (
        <div class="desk-actions">
          <button type="button" class="ui-button" onClick={() => pickGrid(code)}>
            {say('edit_pick_grid', { grid: tell.gridName(layout.value, code) })}
          </button>
        </div>
      )}
    </section>
  );
}

/** The courtyards of the selected grid to tick off: picking without a mouse. */
function PickList() {
  const [on, now, code] = [ground.value, layout.value, gridSelected()];
  if (!on || !now || !code) return null;
  const turn = (row: number) => {
    const next = new Set(picked.value);
    if (!next.delete(row)) next.add(row);
    picked.value = next;
  };
  return (
    <Fold title={say('edit_pick_list', { grid: tell.gridName(now, code) })}>
      <div class="edit-pick-list">
        {rowsOfGrid(now, code).map((row) => {
          const yard = on.courtyards[row]!;
          return (
            <label key={yard.id} class="desk-check">
              <input type="checkbox" checked={picked.value.has(row)} onChange={() => turn(row)} />
              <span>{yard.name || yard.id}</span>
              <span class="desk-hint">
                {say('edit_households', { n: tell.count(yard.households) })}
              </span>
            </label>
          );
        })}
      </div>
    </Fold>
  );
}

/** The picked courtyards by the grids they lie in, with their locks. */
function Picked() {
  const [on, now] = [ground.value!, layout.value!];
  const rows = [...picked.value].sort((a, b) => a - b);
  const codes = gridsOf(now, rows);
  const ids = rows.map((row) => on.courtyards[row]!.id);
  const held = ids.filter((id) => now.locks.has(`courtyard:${id}`));
  const free = ids.filter((id) => !now.locks.has(`courtyard:${id}`));
  const drop = (row: number) => {
    const next = new Set(picked.value);
    next.delete(row);
    picked.value = next;
  };
  return (
    <>
      <p class="edit-from">
        {say('edit_from')}
        {codes.map((code) => (
          <Chip tone="plain" key={code}>
            {now.locks.has(`grid:${code}`) && <Icon name="lock" />}
            {tell.gridName(now, code)}
          </Chip>
        ))}
      </p>
      <Fold title={say('edit_list', { n: rows.length })} isOpen={rows.length <= 3}>
        <ul class="edit-yards">
          {rows.map((row) => {
            const yard = on.courtyards[row]!;
            return (
              <li key={yard.id}>
                <button
                  type="button"
                  class="ui-link"
                  onClick={() => select({ kind: 'courtyard', id: yard.id }, { fly: true })}
                >
                  {yard.name || yard.id}
                </button>
                {now.locks.has(`courtyard:${yard.id}`) && (
                  <span class="edit-locked">
                    <Icon name="lock" />
                    {say('edit_is_locked')}
                  </span>
                )}
                <span class="edit-yard-n">
                  {say('edit_households', { n: tell.count(yard.households) })}
                </span>
                <button
                  type="button"
                  class="ui-bare"
                  aria-label={say('edit_unpick', { yard: yard.name || yard.id })}
                  onClick={() => drop(row)}
                >
                  <Icon name="close" />
                </button>
              </li>
            );
          })}
        </ul>
        <div class="desk-actions">
          {free.length > 0 && (
            <button
              type="button"
              class="ui-button"
              onClick={() => void lock(free.map((id) => `courtyard:${id}`))}
            >
              <Icon name="lock" />
              {say('edit_lock_picked', { n: free.length })}
            </button>
          )}
          {held.length > 0 && (
            <button
              type="button"
              class="ui-button"
              onClick={() => void unlock(held.map((id) => `courtyard:${id}`))}
            >
              <Icon name="unlock" />
              {say('edit_unlock_picked', { n: held.length })}
            </button>
          )}
        </div>
      </Fold>
    </>
  );
}

/** A click on the map would break a rule: ask first. */
function Asked({ plan }: { plan: Candidate }) {
  return (
    <div class="edit-asked" role="alertdialog" aria-label={say('edit_ask_title')}>
      <p>{say('edit_ask', { grid: plan.target.name })}</p>
      <Foreseen plan={plan} />
      <div class="desk-actions">
        <button type="button" class="ui-button ui-button-main" onClick={() => void carryOut(plan)}>
          {say('edit_do_anyway')}
        </button>
        <button
          type="button"
          class="ui-button"
          onClick={() => {
            asking.value = null;
          }}
        >
          {say('edit_cancel')}
        </button>
      </div>
    </div>
  );
}

function Target({ plan, isNew = false }: { plan: Candidate; isNew?: boolean }) {
  const title = isNew ? say('edit_split') : plan.target.name;
  if (plan.refusal) {
    // a new grid over several communities cannot be; other refusals are told by the reason
    return (
      <li class="edit-target edit-target-no">
        <div class="edit-target-head">
          <strong>{title}</strong>
        </div>
        <p class="desk-hint">{say('edit_cannot', { why: faultWords(plan.refusal) })}</p>
      </li>
    );
  }
  return (
    <li class="edit-target">
      <div class="edit-target-head">
        <strong>{title}</strong>
        <button
          type="button"
          class="ui-button ui-button-main"
          aria-label={isNew ? title : say('edit_give_to_grid', { grid: title })}
          onClick={() => void carryOut(plan)}
        >
          {say(isNew ? 'edit_split_do' : 'edit_give_do')}
        </button>
      </div>
      <Foreseen plan={plan} />
    </li>
  );
}

/** What would become of the grids concerned. */
export function Foreseen({ plan }: { plan: Candidate }) {
  const hard = plan.worse.filter((fault) => fault.severity === 'hard');
  const rest = hard.filter((fault) => fault.kind !== 'broken' && fault.kind !== 'split_community');
  return (
    <ul class="edit-outcomes">
      {[plan.target, ...plan.sources].map((one) => (
        <OutcomeRow key={one.code} one={one} isTarget={one === plan.target} />
      ))}
      {rest.map((fault) => (
        <li key={fault.kind + fault.grid_code} class="edit-outcome-fault">
          {tell.fault(fault)}
        </li>
      ))}
    </ul>
  );
}

function OutcomeRow({ one, isTarget }: { one: Outcome; isTarget: boolean }) {
  const [before, after] = one.households;
  return (
    <li class="edit-outcome">
      <span class="edit-outcome-name">
        {isTarget ? say(before === 0 ? 'edit_outcome_new' : 'edit_outcome_target') : one.name}
      </span>
      <span class="edit-outcome-n">
        {tell.count(before)}
        <span aria-hidden="true"> → </span>
        <span class="ui-offstage">{say('edit_becomes')}</span>
        {say('edit_households', { n: tell.count(after) })}
      </span>
      <span class="edit-outcome-marks">
        {one.band === 'gone' ? (
          <Chip tone="warn">{say('edit_band_gone')}</Chip>
        ) : (
          <>
            <Chip tone={one.band === 'in' ? 'good' : 'warn'}>{say(`edit_band_${one.band}`)}</Chip>
            <Chip tone={one.isJoined ? 'good' : 'bad'}>
              {say(one.isJoined ? 'edit_joined' : 'edit_broken')}
            </Chip>
            {!one.isNested && <Chip tone="bad">{say('edit_not_nested')}</Chip>}
          </>
        )}
      </span>
    </li>
  );
}
