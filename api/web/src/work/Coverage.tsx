/** The property office: grids without a committee or property service, and neighbours among them. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { saveCsv, select, setTheme } from '../app/actions';
import { isSame } from '../app/address';
import { communitiesOfSubdistrict } from '../app/derived';
import { ground, hovered, layout, me, selected, theme } from '../app/state';
import { view } from '../app/view';
import { csvOf } from '../desk/csv';
import { Fold, Tabs } from '../desk/parts';
import type { Ground } from '../model/ground';
import type { Layout } from '../model/layout';
import type { Subject } from '../model/types';
import { count, day, gridName, households, percent } from '../ui/format';
import { Icon } from '../ui/icons';
import { type Column, Table, type TableRow } from '../ui/Table';
import { say } from '../words';
import {
  type Bundle,
  bundlesOf,
  type CoverKind,
  type CoverState,
  coverOfGrids,
  type GridCover,
} from './cover_figures';
import { openPaper, PaperFrame } from './Paper';

const kind = signal<CoverKind>('property');
/** code of a subdistrict or community; '': the district; null: not chosen yet */
const area = signal<string | null>(null);
/** which grids are listed */
const wanted = signal<'none' | 'trial' | 'unknown'>('none');
/** fewer households are no work for a firm */
const least = signal(300);

export function CoveragePanel() {
  const shownKind = kind.value;
  useEffect(() => {
    const before = theme.peek();
    return () => {
      if (theme.peek() === 'committee' || theme.peek() === 'property') setTheme(before);
    };
  }, []);
  useEffect(() => {
    setTheme(shownKind);
  }, [shownKind]);
  const [land, lay] = [ground.value, layout.value];
  if (!land || !lay) return null;
  const where = area.value ?? me.value?.subdistrict ?? '';
  const all = coverOfGrids(lay, land, shownKind).filter((one) =>
    isInside(one.code, where, lay, land),
  );
  const state = shownKind === 'committee' && wanted.value === 'trial' ? 'none' : wanted.value;
  const listed = all.filter((one) => one.state === state);
  const bundles = bundlesOf(lay, land, new Set(withoutOf(all))).filter(
    (one) => one.households >= least.value,
  );
  return (
    <section class="desk-panel cover-panel" aria-label={say('cover_title')}>
      <Tabs
        label={say('cover_title')}
        value={shownKind}
        onChange={(next) => {
          kind.value = next;
        }}
        tabs={[
          { key: 'property', text: say('cover_property') },
          { key: 'committee', text: say('cover_committee') },
        ]}
      />
      <Where where={where} land={land} />
      <Counts all={all} lay={lay} state={state} />
      <Fold title={say('cover_rule_title')}>
        <p class="desk-hint">{say(`cover_rule_${shownKind}`)}</p>
        <p class="desk-hint">{say('cover_rule_note')}</p>
      </Fold>
      <Listed listed={listed} land={land} lay={lay} state={state} />
      <div class="desk-actions">
        <button
          type="button"
          class="ui-button"
          disabled={listed.length === 0}
          onClick={() => saveList(listed, bundles, land, lay)}
        >
          <Icon name="download" size={18} />
          CSV
        </button>
        <button
          type="button"
          class="ui-button"
          disabled={listed.length === 0}
          onClick={() => {
            const [given, name] = [shownKind, areaName(where, land)];
            openPaper(() => (
              <PaperList
                kind={given}
                state={state}
                where={name}
                listed={listed}
                bundles={bundles}
              />
            ));
          }}
        >
          <Icon name="print" size={18} />
          {say('cover_print')}
        </button>
      </div>
      <Bundles bundles={bundles} land={land} lay={lay} />
    </section>
  );
}

function isInside(code: string, where: string, lay: Layout, land: Ground): boolean {
  const community = lay.grids.get(code)?.community ?? '';
  return !where || community === where || land.communities.get(community)?.parent === where;
}

function withoutOf(all: readonly GridCover[]): string[] {
  return all.filter((one) => one.state === 'none').map((one) => one.code);
}

function areaName(where: string, land: Ground): string {
  const named = land.subdistricts.get(where) ?? land.communities.get(where);
  return where ? (named?.name ?? where) : say('cover_everywhere');
}

function Where({ where, land }: { where: string; land: Ground }) {
  return (
    <label class="desk-field">
      {say('cover_where')}
      <select
        value={where}
        onChange={(event) => {
          const next = event.currentTarget.value;
          area.value = next;
          if (!next) view()?.home();
          else if (land.subdistricts.has(next)) view()?.flyTo({ kind: 'subdistrict', code: next });
          else view()?.flyTo({ kind: 'community', code: next });
        }}
      >
        <option value="">{say('cover_everywhere')}</option>
        {Array.from(land.subdistricts.values()).map((one) => (
          <optgroup key={one.id} label={one.name}>
            <option value={one.id}>{say('list_whole', { name: one.name })}</option>
            {(communitiesOfSubdistrict.value.get(one.id) ?? []).map((inside) => (
              <option key={inside.id} value={inside.id}>
                {inside.name}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}

const STATES: readonly CoverState[] = ['with', 'trial', 'none', 'unknown'];

/** How many grids are in each state, of how many, on what day; a press lists them. */
function Counts({ all, lay, state }: { all: GridCover[]; lay: Layout; state: CoverState }) {
  const n = (one: CoverState) => all.filter((grid) => grid.state === one).length;
  const plan = lay.plan;
  const stated = plan.effective_date ?? lay.created;
  return (
    <div>
      <fieldset class="cover-counts" aria-label={say('cover_states')}>
        {STATES.filter((one) => n(one) > 0 || one === 'with' || one === 'none').map((one) => {
          const body = (
            <>
              <span>{say(`cover_${kind.value}_${one}`)}</span>
              <b>
                {n(one)}/{all.length}
              </b>
              <small>{all.length ? percent(n(one) / all.length, 1) : '–'}</small>
            </>
          );
          return one === 'with' ? (
            <div key={one} class="cover-count" data-state={one}>
              {body}
            </div>
          ) : (
            <button
              key={one}
              type="button"
              class="cover-count"
              data-state={one}
              aria-pressed={state === one}
              onClick={() => {
                wanted.value = one;
              }}
            >
              {body}
            </button>
          );
        })}
      </fieldset>
      <p class="card-note">
        {say('cover_basis', {
          name: plan.document_no ?? plan.title,
          day: stated ? day(stated) : '–',
          n: all.length,
        })}
      </p>
    </div>
  );
}

function Listed(given: { listed: GridCover[]; land: Ground; lay: Layout; state: CoverState }) {
  const { listed, land, lay, state } = given;
  if (listed.length === 0) return <p>{say('cover_nothing')}</p>;
  const columns: Column[] = [
    { key: 'grid', word: say('table_grid') },
    { key: 'households', word: say('card_households'), isNumber: true },
    { key: 'part', word: say(state === 'trial' ? 'cover_on_trial' : 'cover_has'), isNumber: true },
  ];
  const rows: TableRow[] = listed.map((one) => {
    const grid = lay.grids.get(one.code)!;
    const subject: Subject = { kind: 'grid', layer: 'gov_grids', code: one.code };
    const share = shareOf(one);
    return {
      key: one.code,
      title: `${gridName(grid, one.code, land)} ${one.code}`,
      cells: [gridName(grid, one.code, land), households(grid.households), percent(share, 1)],
      sortBy: [one.code, grid.households ?? 0, share],
      marks: {},
      isSelected: isSame(selected.value, subject),
      isHovered: isSame(hovered.value, subject),
      subject,
    };
  });
  return (
    <Table
      caption={say(`cover_${kind.value}_${state}`)}
      columns={columns}
      rows={rows}
      total={[say('table_total', { n: listed.length }), households(sumOf(listed)), '']}
    />
  );
}

function sumOf(listed: readonly GridCover[]): number {
  return listed.reduce((sum, one) => sum + (one.households ?? 0), 0);
}

/** Share of the households that have it, or of those on trial. */
function shareOf(one: GridCover): number {
  if (one.of === 0) return 0;
  return (one.state === 'trial' ? one.n.trial : one.n.with + one.n.trial) / one.of;
}

/** Neighbours without: a suggestion of what might be offered together. */
function Bundles({ bundles, land, lay }: { bundles: Bundle[]; land: Ground; lay: Layout }) {
  return (
    <section class="cover-bundles" aria-label={say('cover_bundles')}>
      <h3>
        {say('cover_bundles')}
        <span class="desk-number">{bundles.length}</span>
      </h3>
      <p class="card-note">{say('cover_bundles_why')}</p>
      <label class="cover-least">
        {say('cover_least')}
        <input
          type="number"
          min={0}
          step={100}
          value={least.value}
          onChange={(event) => {
            least.value = Math.max(0, Number(event.currentTarget.value) || 0);
          }}
        />
      </label>
      <ul class="card-list">
        {bundles.map((one, i) => (
          <li key={one.codes[0]}>
            <details class="police-beat">
              <summary>
                <span class="police-beat-name">
                  {say('cover_bundle', { n: i + 1 })} · {namesOf(one.communities, land)}
                </span>
                <span class="police-beat-figures">
                  {say('cover_bundle_figures', {
                    grids: one.codes.length,
                    n: count(one.households),
                  })}
                </span>
              </summary>
              <button
                type="button"
                class="ui-link police-show"
                onClick={() => showBundle(one, land, lay)}
              >
                <Icon name="target" size={16} />
                {say('cover_show')}
              </button>
              <ul>
                {one.codes.map((code) => {
                  const subject: Subject = { kind: 'grid', layer: 'gov_grids', code };
                  const grid = lay.grids.get(code);
                  return (
                    <li key={code}>
                      <button
                        type="button"
                        class="card-row"
                        onClick={() => select(subject, { fly: true })}
                      >
                        <span class="card-row-name">{gridName(grid, code, land)}</span>
                        <span class="card-row-figure">
                          {say('card_households_n', { n: households(grid?.households) })}
                        </span>
                      </button>
                    </li>
                  );
                })}
              </ul>
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}

function namesOf(communities: readonly string[], land: Ground): string {
  return communities
    .map((code) => land.communities.get(code)?.name ?? code)
    .join(say('police_comma'));
}

/** Bring all grids of a bundle into the picture. */
function showBundle(one: Bundle, land: Ground, lay: Layout): void {
  const codes = new Set(one.codes);
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const yard of land.courtyards) {
    if (!codes.has(lay.codeOf[yard.row] ?? '')) continue;
    const [west, south, east, north] = yard.shape?.bounds ?? [...yard.at, ...yard.at];
    box[0] = Math.min(box[0], west);
    box[1] = Math.min(box[1], south);
    box[2] = Math.max(box[2], east);
    box[3] = Math.max(box[3], north);
  }
  if (box[0] <= box[2]) view()?.fit(box);
}

/** number of the bundle that each grid lies in */
function bundleNumbers(bundles: readonly Bundle[]): Map<string, number> {
  const found = new Map<string, number>();
  bundles.forEach((one, i) => {
    for (const code of one.codes) found.set(code, i + 1);
  });
  return found;
}

function cellsOf(one: GridCover, land: Ground, lay: Layout): (string | number | null)[] {
  const grid = lay.grids.get(one.code)!;
  const community = land.communities.get(grid.community);
  return [
    land.subdistricts.get(community?.parent ?? '')?.name ?? '',
    community?.name ?? grid.community,
    gridName(grid, one.code, land),
    one.code,
    grid.nCourtyards,
    grid.households,
    say(`cover_${kind.value}_${one.state}`),
    Math.round(shareOf(one) * 1000) / 10,
  ];
}

function headsOf(): string[] {
  return [
    say('kind_subdistrict'),
    say('kind_community'),
    say('kind_grid'),
    say('print_code'),
    say('card_courtyards'),
    say('card_households'),
    say('cover_state'),
    say('cover_share'),
  ];
}

function saveList(listed: GridCover[], bundles: Bundle[], land: Ground, lay: Layout): void {
  const number = bundleNumbers(bundles);
  const rows = listed.map((one) => [...cellsOf(one, land, lay), number.get(one.code) ?? null]);
  const name = say('cover_file', { kind: say(`cover_${kind.value}`) });
  saveCsv(csvOf([[...headsOf(), say('cover_bundle_word')], ...rows]), name);
}

function PaperList(given: {
  kind: CoverKind;
  state: CoverState;
  where: string;
  listed: GridCover[];
  bundles: Bundle[];
}) {
  const [land, lay] = [ground.value!, layout.value!];
  const number = bundleNumbers(given.bundles);
  return (
    <PaperFrame
      title={say('cover_paper', { what: say(`cover_${given.kind}_${given.state}`) })}
      under={say('cover_paper_under', {
        where: given.where,
        n: given.listed.length,
        households: count(sumOf(given.listed)),
      })}
    >
      <table class="work-sheet">
        <thead>
          <tr>
            <th scope="col">{say('kind_subdistrict')}</th>
            <th scope="col">{say('kind_community')}</th>
            <th scope="col">{say('kind_grid')}</th>
            <th scope="col">{say('card_courtyards')}</th>
            <th scope="col">{say('card_households')}</th>
            <th scope="col">{say('cover_share')}</th>
            <th scope="col">{say('cover_bundle_word')}</th>
            <th scope="col" class="work-write">
              {say('list_note')}
            </th>
          </tr>
        </thead>
        <tbody>
          {given.listed.map((one) => {
            const [subdistrict, community, grid, , yards, homes, , share] = cellsOf(one, land, lay);
            return (
              <tr key={one.code}>
                <td>{subdistrict}</td>
                <td>{community}</td>
                <td>{grid}</td>
                <td class="is-number">{yards}</td>
                <td class="is-number">{homes === null ? '' : count(Number(homes))}</td>
                <td class="is-number">{share}%</td>
                <td class="is-number">{number.get(one.code) ?? ''}</td>
                <td />
              </tr>
            );
          })}
        </tbody>
      </table>
      <p class="work-rule">
        {say(`cover_rule_${given.kind}`)} {say('cover_bundles_why')}
      </p>
    </PaperFrame>
  );
}
