/** Two versions side by side: swipe on the map, figures, who moves, what became of the codes. */
import { useEffect, useState } from 'preact/hooks';
import { select } from '../app/actions';
import { beside, layout, plans, start } from '../app/state';
import type { Moved } from '../model/compare';
import type { PlanInfo } from '../model/types';
import { say } from '../words';
import {
  compareWith,
  comparison,
  figures,
  other,
  saveMoves,
  stopComparing,
  toggleSwipe,
} from './comparing';
import { Busy, FigureTable, Fold } from './parts';
import * as tell from './tell';

/** more rows come on request: old PCs */
const MOST = 60;

function named(plan: PlanInfo): string {
  return `${tell.status(plan)}：${plan.document_no ?? plan.title}`;
}

/** Every version that the reader may see: who is not signed in knows those of today and to come. */
function known(): PlanInfo[] {
  const all = new Map<number, PlanInfo>();
  for (const one of start.value?.districts ?? []) {
    for (const plan of [one.upcoming, one.in_force]) if (plan) all.set(plan.plan_id, plan);
  }
  for (const plan of plans.value) all.set(plan.plan_id, plan);
  return [...all.values()];
}

/** What somebody most likely wants to compare with: what it was made from, else what is in force. */
function usualOther(all: readonly PlanInfo[], here: PlanInfo): PlanInfo | undefined {
  const others = all.filter((plan) => plan.plan_id !== here.plan_id);
  return (
    others.find((plan) => plan.plan_id === here.base_plan_id) ??
    others.find((plan) => plan.status === 'in_force')
  );
}

export function ComparePanel() {
  const here = layout.value?.plan;
  const [isBusy, setBusy] = useState(false);
  const choices = known().filter(
    (plan) => plan.plan_id !== here?.plan_id && plan.district_code === here?.district_code,
  );
  const choose = async (plan_id: number) => {
    setBusy(true);
    if (plan_id) await compareWith(plan_id);
    else stopComparing();
    setBusy(false);
  };
  useEffect(() => {
    // the address may have laid a version beside before this panel was opened
    const laid = beside.value;
    if (laid && laid.layout.plan.plan_id !== here?.plan_id) other.value = laid;
    else if (here && !other.value) {
      const usual = usualOther(known(), here);
      if (usual) void choose(usual.plan_id);
    }
    return stopComparing;
  }, [here?.plan_id]);
  if (!here) return null;
  const against = other.value?.layout.plan;
  return (
    <section class="desk-panel compare-panel" aria-label={say('compare_title')}>
      {choices.length === 0 ? (
        <p class="desk-hint">{say('compare_nothing')}</p>
      ) : (
        <label class="desk-field">
          {say('compare_with', { title: here.title })}
          <select
            value={against?.plan_id ?? 0}
            onChange={(event) => void choose(Number(event.currentTarget.value))}
          >
            <option value={0}>{say('compare_choose')}</option>
            {choices.map((plan) => (
              <option key={plan.plan_id} value={plan.plan_id}>
                {named(plan)}
              </option>
            ))}
          </select>
        </label>
      )}
      {isBusy && <Busy text={say('compare_loading')} />}
      {against && !isBusy && (
        <>
          <div class="desk-actions">
            <button
              type="button"
              class="ui-button"
              aria-pressed={beside.value !== null}
              onClick={toggleSwipe}
            >
              {say(beside.value ? 'compare_swipe_off' : 'compare_swipe_on')}
            </button>
          </div>
          <FigureTable
            caption={say('compare_figures')}
            rows={figures.value}
            heads={[against.title, here.title]}
          />
          <Differences />
        </>
      )}
    </section>
  );
}

function Differences() {
  const found = comparison.value;
  const [isAll, setAll] = useState(false);
  const now = layout.value;
  const before = other.value?.layout ?? null;
  if (!found || !now || !before) return null;
  const moved = [...found.moved].sort(
    (a, b) => a.from.localeCompare(b.from) || a.name.localeCompare(b.name),
  );
  const some = isAll ? moved : moved.slice(0, MOST);
  return (
    <>
      <section aria-label={say('compare_moved')}>
        <h3>{say('compare_moved')}</h3>
        <p>
          {moved.length
            ? say('compare_moved_n', {
                n: moved.length,
                households: tell.count(found.movedHouseholds),
              })
            : say('compare_moved_none')}
        </p>
        {moved.length > 0 && (
          <div class="desk-actions">
            <button type="button" class="ui-button" onClick={saveMoves}>
              {say('compare_csv')}
            </button>
          </div>
        )}
        <ul class="desk-moves">
          {some.map((one) => (
            <MovedRow key={one.id} one={one} />
          ))}
        </ul>
        {moved.length > some.length && (
          <button type="button" class="ui-button" onClick={() => setAll(true)}>
            {say('compare_all', { n: moved.length })}
          </button>
        )}
      </section>
      <section aria-label={say('compare_codes')}>
        <h3>{say('compare_codes')}</h3>
        <p>{say('compare_kept', { n: found.keptCodes.length })}</p>
        <Codes title="compare_ended" codes={found.endedCodes} isOld />
        <Codes title="compare_new" codes={found.newCodes} />
      </section>
    </>
  );
}

function MovedRow({ one }: { one: Moved }) {
  const name = (code: string, isOld: boolean) =>
    code
      ? tell.gridName(isOld ? (other.value?.layout ?? null) : layout.value, code)
      : say('compare_nowhere');
  return (
    <li>
      <button
        type="button"
        class="ui-link"
        onClick={() => select({ kind: 'courtyard', id: one.id }, { fly: true })}
      >
        {one.name || one.id}
      </button>
      <span>
        {name(one.from, true)}
        <span aria-hidden="true"> → </span>
        <span class="ui-offstage">{say('edit_becomes')}</span>
        {name(one.to, false)}
      </span>
      <span class="edit-yard-n">{say('edit_households', { n: tell.count(one.households) })}</span>
    </li>
  );
}

function Codes(given: {
  title: 'compare_ended' | 'compare_new';
  codes: string[];
  isOld?: boolean;
}) {
  if (!given.codes.length) return <p>{say(`${given.title}_none`)}</p>;
  const of = given.isOld ? (other.value?.layout ?? null) : layout.value;
  return (
    <Fold title={say(given.title, { n: given.codes.length })}>
      <ul class="desk-list">
        {given.codes.map((code) => (
          <li key={code}>
            {given.isOld ? (
              `${tell.gridName(of, code)}（${code}）`
            ) : (
              <button
                type="button"
                class="ui-link"
                onClick={() => select({ kind: 'grid', layer: 'gov_grids', code }, { fly: true })}
              >
                {tell.gridName(of, code)}
              </button>
            )}
          </li>
        ))}
      </ul>
    </Fold>
  );
}
