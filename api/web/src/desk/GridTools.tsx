/** What can be done with a whole grid: another name, a lock, one of two; and all locks. */
import { useComputed } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { select } from '../app/actions';
import { ground, layout } from '../app/state';
import { say } from '../words';
import { Foreseen } from './Give';
import { Fold, Icon } from './parts';
import {
  faultWords,
  gridSelected,
  lock,
  maths,
  mergeGrids,
  pickGrid,
  renameGrid,
  unlock,
} from './session';
import { gridsBeside, mergeInto } from './targets';
import * as tell from './tell';

export function GridTools() {
  const code = gridSelected();
  const now = layout.value;
  if (!now) return null;
  const isLocked = now.locks.has(`grid:${code}`);
  return (
    <div class="edit-grids">
      {code === '' ? (
        <p class="desk-hint">{say('edit_choose_grid')}</p>
      ) : (
        <section aria-label={tell.gridName(now, code)}>
          <h3>
            {isLocked && <Icon name="lock" />}
            {tell.gridName(now, code)}
            <span class="desk-code">{code.startsWith('new:') ? '' : code}</span>
          </h3>
          <Rename key={code} code={code} />
          <div class="desk-actions">
            <button
              type="button"
              class="ui-button"
              onClick={() => void (isLocked ? unlock : lock)([`grid:${code}`])}
            >
              <Icon name={isLocked ? 'unlock' : 'lock'} />
              {say(isLocked ? 'edit_unlock_grid' : 'edit_lock_grid')}
            </button>
            <button type="button" class="ui-button" onClick={() => pickGrid(code)}>
              {say('edit_pick_all')}
            </button>
          </div>
          <MergeTwo code={code} />
        </section>
      )}
      <Locks />
    </div>
  );
}

function Rename({ code }: { code: string }) {
  const name = tell.gridName(layout.value, code);
  const [text, setText] = useState(name);
  useEffect(() => setText(name), [name]);
  const save = (event: Event) => {
    event.preventDefault();
    if (text.trim() && text.trim() !== name) void renameGrid(code, text);
  };
  return (
    <form class="desk-form edit-rename" onSubmit={save}>
      <label>
        {say('edit_name')}
        <input
          type="text"
          maxLength={100}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="ui-button" disabled={!text.trim() || text.trim() === name}>
        {say('edit_rename')}
      </button>
    </form>
  );
}

/** Put this grid into a neighbour, seen before it is done. */
function MergeTwo({ code }: { code: string }) {
  const [into, setInto] = useState('');
  useEffect(() => setInto(''), [code]);
  const beside = useComputed(() => {
    const [now, on] = [layout.value, ground.value];
    const here = gridSelected();
    if (!now || !on || !here) return [];
    return [...gridsBeside(now, on, here)].sort((a, b) => b[1] - a[1]).map(([other]) => other);
  });
  const now = layout.value!;
  const plan =
    into && now.grids.has(into) ? mergeInto(now, ground.value!, maths.value, code, into) : null;
  return (
    <div class="edit-merge">
      <h4>{say('edit_merge')}</h4>
      {beside.value.length === 0 ? (
        <p class="desk-hint">{say('edit_merge_none')}</p>
      ) : (
        <label class="desk-field">
          {say('edit_merge_into')}
          <select value={into} onChange={(event) => setInto(event.currentTarget.value)}>
            <option value="">{say('edit_merge_choose')}</option>
            {beside.value.map((other) => (
              <option key={other} value={other}>
                {`${tell.gridName(now, other)}（${say('edit_households', {
                  n: tell.count(now.grids.get(other)?.households),
                })}）`}
              </option>
            ))}
          </select>
        </label>
      )}
      {plan &&
        (plan.refusal ? (
          <p class="desk-hint">{say('edit_cannot', { why: faultWords(plan.refusal) })}</p>
        ) : (
          <>
            <Foreseen plan={plan} />
            <button
              type="button"
              class="ui-button ui-button-main"
              onClick={() => void mergeGrids(code, into)}
            >
              {say('edit_merge_do', {
                grid: tell.gridName(now, code),
                into: tell.gridName(now, into),
              })}
            </button>
          </>
        ))}
    </div>
  );
}

function Locks() {
  const now = layout.value!;
  const on = ground.value;
  const locks = [...now.locks].sort();
  return (
    <Fold
      title={say('edit_locks', { n: locks.length })}
      isOpen={locks.length > 0 && locks.length < 6}
    >
      {locks.length === 0 ? (
        <p class="desk-hint">{say('edit_no_locks')}</p>
      ) : (
        <ul class="edit-yards">
          {locks.map((subject) => {
            const at = tell.toSubject(subject);
            const name = tell.subjectName(subject, on, now);
            return (
              <li key={subject}>
                <Icon name="lock" />
                <button
                  type="button"
                  class="ui-link"
                  onClick={() => at && select(at, { fly: true })}
                >
                  {name}
                </button>
                <button
                  type="button"
                  class="ui-button"
                  aria-label={say('edit_unlock_this', { name })}
                  onClick={() => void unlock([subject])}
                >
                  {say('edit_unlock')}
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </Fold>
  );
}
