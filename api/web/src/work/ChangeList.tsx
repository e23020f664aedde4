/** The clerk's change list: choose a file, read what it comes to and what is refused, take it over. */
import { useComputed } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { notify, openPanel, saveCsv, select } from '../app/actions';
import { communitiesOfSubdistrict } from '../app/derived';
import { beside, ground, language, layout, me, saving, selected } from '../app/state';
import { Busy, Chip, Fold, Refused } from '../desk/parts';
import { beginEditing, isOpen } from '../desk/session';
import { mayEdit } from '../desk/steps';
import * as tell from '../desk/tell';
import type { Finding } from '../model/types';
import { communityOf } from '../ui/CommunityPanel';
import { householdsWord } from '../ui/format';
import { Icon } from '../ui/icons';
import { pointing } from '../ui/parts';
import { say } from '../words';
import {
  type ChangeListWire,
  type Foreseen,
  fieldWord,
  foreseeList,
  forget,
  reading,
  readList,
  rejectTable,
  takeOver,
  templateOf,
} from './change_list';

/** more rows than this are shown on request */
const AT_FIRST = 40;

export function ChangeListPanel() {
  return (
    <section class="desk-panel list-panel" aria-label={say('list_title')}>
      <p class="desk-hint">{say('list_about')}</p>
      {isOpen.value ? <Open /> : <NotOpen />}
    </section>
  );
}

/** A list is held against a draft: where none is open, the way to one comes first. */
function NotOpen() {
  const plan = layout.value?.plan;
  const may = plan ? mayEdit(plan, me.value) : false;
  const begin = async () => {
    if (plan && (await beginEditing(plan.plan_id))) openPanel('changes_list');
  };
  return (
    <>
      <p>{say(may ? 'list_begin_why' : me.value ? 'edit_choose_draft' : 'draft_sign_in')}</p>
      <div class="desk-actions">
        {may && (
          <button type="button" class="ui-button ui-button-main" onClick={() => void begin()}>
            {say('edit_begin')}
          </button>
        )}
        <button type="button" class="ui-button" onClick={() => openPanel('drafts')}>
          {say('edit_to_drafts')}
        </button>
      </div>
    </>
  );
}

function Open() {
  const now = reading.value;
  const isOurs = now.state === 'read' && now.plan_id === layout.value?.plan.plan_id;
  return (
    <>
      <Template />
      <Choose />
      <div aria-live="polite">
        {now.state === 'reading' && <Busy text={say('list_reading', { name: now.name })} />}
        {now.state === 'refused' && (
          <>
            <p class="desk-title">{now.name}</p>
            <Refused refusal={now.refusal} />
          </>
        )}
        {now.state === 'read' && isOurs && (
          <Summary name={now.name} told={now.told} isDone={now.isDone} />
        )}
      </div>
      {now.state === 'read' && isOurs && (
        <>
          {!now.isDone && <Offer told={now.told} />}
          <Refusals told={now.told} name={now.name} />
          {!now.isDone && <TakenList told={now.told} />}
          <ReadAs told={now.told} />
          <div class="desk-actions desk-foot">
            <button type="button" class="ui-button" onClick={forget}>
              {say('list_forget')}
            </button>
            {now.isDone && (
              <button
                type="button"
                class="ui-button ui-button-main"
                onClick={() => openPanel('approval')}
              >
                {say('edit_to_approval')}
              </button>
            )}
          </div>
        </>
      )}
    </>
  );
}

/** A table to fill in: one's communities, their courtyards, where each lies now. */
function Template() {
  const [chosen, setChosen] = useState('');
  const [land, now] = [ground.value, layout.value];
  if (!land || !now) return null;
  const own = me.value?.subdistrict;
  const areas = Array.from(land.subdistricts.values()).filter((one) => !own || one.id === own);
  const here = communityOf(selected.value) ?? '';
  const first = areas[0] ? (communitiesOfSubdistrict.value.get(areas[0].id)?.[0]?.id ?? '') : '';
  const code = chosen || here || first;
  const save = () => {
    const inside = communitiesOfSubdistrict.value.get(code)?.map((one) => one.id) ?? [code];
    const name = land.subdistricts.get(code)?.name ?? land.communities.get(code)?.name ?? code;
    saveCsv(templateOf(now, land, new Set(inside)), say('list_template_file', { name }));
  };
  return (
    <div class="list-template">
      <label class="desk-field">
        {say('list_template')}
        <select value={code} onChange={(event) => setChosen(event.currentTarget.value)}>
          {areas.map((area) => (
            <optgroup key={area.id} label={area.name}>
              <option value={area.id}>{say('list_whole', { name: area.name })}</option>
              {(communitiesOfSubdistrict.value.get(area.id) ?? []).map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </label>
      <button type="button" class="ui-button" onClick={save}>
        <Icon name="download" size={18} />
        {say('list_template_save')}
      </button>
    </div>
  );
}

function Choose() {
  const [isOver, setOver] = useState(false);
  const isBusy = reading.value.state === 'reading';
  // the service knows only what is saved
  const waits = saving.value.waiting > 0;
  const take = (file: File | null | undefined) => {
    if (!file || isBusy) return;
    if (waits) notify(say('list_wait_saved'), 'info');
    else void readList(file);
  };
  return (
    // a drop is a shortcut for the mouse; the button inside does the same
    // biome-ignore lint/a11y/noStaticElementInteractions: see above
    <div
      class={`list-drop${isOver ? ' is-over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files[0]);
      }}
    >
      <label class="ui-button ui-button-main list-choose">
        <input
          type="file"
          class="list-file"
          accept=".xlsx,.xls,.csv,.txt"
          disabled={isBusy}
          onChange={(event) => {
            const { files } = event.currentTarget;
            take(files?.[0]);
            // the same file, mended, can be chosen again
            event.currentTarget.value = '';
          }}
        />
        <Icon name="table" size={18} />
        {say('list_choose')}
      </label>
      <p class="desk-hint">{say('list_drop')}</p>
    </div>
  );
}

function Summary({ name, told, isDone }: { name: string; told: ChangeListWire; isDone: boolean }) {
  const numbers = {
    taken: told.taken.length,
    rejected: told.rejected.length,
    unchanged: told.unchanged,
    empty: told.without_target,
  };
  const box = useRef<HTMLDivElement>(null);
  // on a phone it comes below the fold
  useEffect(() => box.current?.scrollIntoView({ block: 'nearest' }), [told]);
  return (
    <div ref={box} class="list-summary" data-taken={numbers.taken} data-rejected={numbers.rejected}>
      <p class="desk-title">{name}</p>
      {isDone && <p class="list-done">{say('list_done', { n: numbers.taken })}</p>}
      <dl class="card-figures">
        {(['taken', 'rejected', 'unchanged', 'empty'] as const).map((key) => (
          <div key={key}>
            <dt>{say(`list_n_${key}`)}</dt>
            <dd class={key === 'rejected' && numbers.rejected > 0 ? 'card-bad' : ''}>
              {numbers[key]}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** What becomes of the grids, and the button that does it. */
function Offer({ told }: { told: ChangeListWire }) {
  const foreseen = useComputed(() => {
    const [now, on] = [layout.value, ground.value];
    return now && on && told.edits.length > 0 ? foreseeList(told.edits, now, on) : null;
  });
  const [isBusy, setBusy] = useState(false);
  const found = foreseen.value;
  if (!found) return <p class="desk-hint">{say('list_nothing')}</p>;
  if ('refusal' in found) {
    return (
      <div class="desk-refused" role="alert">
        <p>{found.refusal}</p>
        <p>{say('list_read_again')}</p>
      </div>
    );
  }
  const hard = found.told.worse.filter((one) => one.severity === 'hard').length;
  const take = async () => {
    setBusy(true);
    if (await takeOver()) notify(say('list_done', { n: told.taken.length }), 'good');
    setBusy(false);
  };
  const isBeside = beside.value?.layout === found.told.after;
  const compare = () => {
    beside.value = isBeside ? null : { layout: found.told.after, ground: ground.value! };
  };
  return (
    <section class="list-offer" aria-label={say('list_offer')}>
      <h3>{say('list_offer')}</h3>
      <Verdict told={found.told} />
      <GridsTable told={found.told} />
      {hard > 0 && <p class="desk-hint">{say('list_hard_hint')}</p>}
      <div class="desk-actions">
        <button
          type="button"
          class="ui-button ui-button-main"
          disabled={isBusy}
          onClick={() => void take()}
        >
          {say('list_take', { n: told.taken.length })}
        </button>
        <button type="button" class="ui-button" aria-pressed={isBeside} onClick={compare}>
          <Icon name="compare" size={18} />
          {say('list_beside')}
        </button>
      </div>
    </section>
  );
}

function Verdict({ told }: { told: Foreseen }) {
  const hard = told.worse.filter((one) => one.severity === 'hard').length;
  const soft = told.worse.length - hard;
  const tone = hard ? 'bad' : soft ? 'warn' : 'good';
  const values = { hard, soft, mended: told.mended.length };
  return (
    <>
      <p
        class={`edit-verdict edit-verdict-${tone}`}
        role="status"
        data-hard={hard}
        data-soft={soft}
      >
        {say(hard || soft ? 'list_verdict_worse' : 'list_verdict_fine', values)}
        {told.mended.length > 0 && say('list_verdict_mended', values)}
      </p>
      {told.worse.length > 0 && (
        <ul class="desk-list">
          {told.worse.slice(0, AT_FIRST).map((fault: Finding) => (
            <li key={fault.kind + fault.grid_code + fault.courtyard_ids.join()}>
              <Chip tone={fault.severity === 'hard' ? 'bad' : 'warn'}>
                {say(fault.severity === 'hard' ? 'edit_hard' : 'edit_soft')}
              </Chip>{' '}
              {fault.words[language.value]}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function GridsTable({ told }: { told: Foreseen }) {
  const before = layout.value!;
  return (
    <table class="desk-table">
      <caption>{say('list_grids')}</caption>
      <thead>
        <tr>
          <th scope="col">{say('table_grid')}</th>
          <th scope="col" class="is-number">
            {say('card_courtyards')}
          </th>
          <th scope="col" class="is-number">
            {say('card_households')}
          </th>
        </tr>
      </thead>
      <tbody>
        {told.codes.map((code) => {
          const [old, now] = [before.grids.get(code), told.after.grids.get(code)];
          const name = now?.name || old?.name || code;
          const pair = (a: string | number, b: string | number) => (a === b ? b : `${a} → ${b}`);
          return (
            <tr key={code}>
              <th scope="row">
                {name}
                {!now && <Chip tone="warn">{say('list_ends')}</Chip>}
                {!old && <Chip tone="accent">{say('list_new')}</Chip>}
                {old && now && old.name !== now.name && (
                  <span class="desk-hint">{say('list_was_called', { name: old.name })}</span>
                )}
              </th>
              <td class="is-number">{pair(old?.nCourtyards ?? 0, now?.nCourtyards ?? 0)}</td>
              <td class="is-number">
                {pair(tell.count(old?.households ?? 0), tell.count(now?.households ?? 0))}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** The reject report: row, field, value, reason, remedy. */
function Refusals({ told, name }: { told: ChangeListWire; name: string }) {
  const [isAll, setAll] = useState(false);
  const all = told.rejected;
  if (all.length === 0) return null;
  const some = isAll ? all : all.slice(0, AT_FIRST);
  const tongue = language.value;
  const isMany = all.some((one) => one.sheet !== '');
  const file = say('list_report_file', { name: name.replace(/\.[^.]*$/, '') });
  return (
    <section class="list-rejected" aria-label={say('list_rejected')}>
      <div class="desk-head">
        <h3>
          {say('list_rejected')}
          <span class="desk-number desk-number-bad">{all.length}</span>
        </h3>
        <button type="button" class="ui-button" onClick={() => saveCsv(rejectTable(all), file)}>
          <Icon name="download" size={18} />
          {say('list_report_save')}
        </button>
      </div>
      <table class="desk-table list-report" aria-label={say('list_rejected')}>
        <thead>
          <tr>
            <th scope="col">{say('list_row')}</th>
            <th scope="col">{say('list_field')}</th>
            <th scope="col">{say('list_value')}</th>
            <th scope="col">
              {say('list_reason')} · {say('list_remedy')}
            </th>
          </tr>
        </thead>
        <tbody>
          {some.map((one) => (
            <tr key={`${one.sheet} ${one.row}`} data-kind={one.kind}>
              <th scope="row">
                {isMany && <span class="desk-hint">{one.sheet}</span>}
                {one.row}
              </th>
              <td>{fieldWord(one)}</td>
              <td>{one.value}</td>
              <td>
                <p>{one.reason[tongue]}</p>
                <p class="list-remedy">{one.remedy[tongue]}</p>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {some.length < all.length && (
        <button type="button" class="ui-button" onClick={() => setAll(true)}>
          {say('list_all_rows', { n: all.length })}
        </button>
      )}
      <p class="desk-hint">{say('list_mend_hint')}</p>
    </section>
  );
}

function TakenList({ told }: { told: ChangeListWire }) {
  const [isAll, setAll] = useState(false);
  if (told.taken.length === 0) return null;
  const some = isAll ? told.taken : told.taken.slice(0, AT_FIRST);
  const land = ground.value;
  return (
    <Fold title={say('list_taken', { n: told.taken.length })}>
      <ul class="card-list">
        {some.map((one) => {
          const subject = { kind: 'courtyard', id: one.courtyard_id } as const;
          const yard = land?.courtyards[land.rowOf.get(one.courtyard_id) ?? -1];
          const [from, to] = [one.from, one.to].map((code) => tell.gridName(layout.value, code));
          return (
            <li key={`${one.sheet} ${one.row}`}>
              <button
                type="button"
                class="card-row"
                {...pointing(subject)}
                onClick={() => select(subject, { fly: true })}
              >
                <span class="card-row-name">
                  {say('list_taken_row', { row: one.row, name: one.name || one.courtyard_id })}
                  <span class="list-way">
                    {from} → {to}
                  </span>
                </span>
                <span class="card-row-figure">{householdsWord(yard?.households)}</span>
              </button>
            </li>
          );
        })}
      </ul>
      {some.length < told.taken.length && (
        <button type="button" class="ui-button" onClick={() => setAll(true)}>
          {say('list_all_rows', { n: told.taken.length })}
        </button>
      )}
    </Fold>
  );
}

/** Which column was read as what, and what was left out. */
function ReadAs({ told }: { told: ChangeListWire }) {
  const comma = language.value === 'zh' ? '、' : ', ';
  const { sheets, skipped_sheets: skipped } = told.columns;
  return (
    <Fold title={say('list_read_as')}>
      {sheets.map((one) => (
        <div key={one.sheet}>
          <p>
            {one.sheet && <strong>{one.sheet} </strong>}
            {say('list_head_row', { n: one.head_row })}
          </p>
          <ul class="desk-list">
            {(Object.keys(one.read) as (keyof typeof one.read)[]).map((field) => (
              <li key={field}>
                {say('list_column', {
                  head: (one.read[field] ?? []).join(comma),
                  field: say(`list_${field}`),
                })}
              </li>
            ))}
          </ul>
          {one.ignored.length > 0 && (
            <p class="desk-hint">{say('list_ignored', { heads: one.ignored.join(comma) })}</p>
          )}
        </div>
      ))}
      {skipped.length > 0 && (
        <p class="desk-hint">{say('list_skipped', { sheets: skipped.join(comma) })}</p>
      )}
      {told.unread.length > 0 && (
        <p class="desk-hint">
          {say('list_unread', { rows: told.unread.map((one) => one.row).join(comma) })}
        </p>
      )}
    </Fold>
  );
}
