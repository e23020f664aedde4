/** The community's table: its grids, or the courtyards of one of them; one with the map. */
import { computed, effect, signal } from '@preact/signals';
import { select } from '../app/actions';
import { isSame } from '../app/address';
import {
  bandOf,
  communitiesOfSubdistrict,
  gridsOfCommunity,
  isInBand,
  rowsOfGrid,
  totalsOf,
} from '../app/derived';
import { ground, hovered, layout, me, printing, selected } from '../app/state';
import { view } from '../app/view';
import type { Subject } from '../model/types';
import { say } from '../words';
import { saveLedger } from './files';
import { count, courtyardName, gridName, gridShort, households, metres, signed } from './format';
import { Icon } from './icons';
import { type Column, Table, type TableRow } from './Table';

/** the community chosen in the list; the selection on the map moves it along */
export const chosen = signal<string | null>(null);

/** Return the community that a subject lies in. */
export function communityOf(subject: Subject | null): string | null {
  const land = ground.value;
  switch (subject?.kind) {
    case 'community':
      return subject.code;
    case 'courtyard':
      return land?.courtyards[land.rowOf.get(subject.id) ?? -1]?.community ?? null;
    case 'grid':
      return subject.layer === 'gov_grids'
        ? (layout.value?.grids.get(subject.code)?.community ?? null)
        : (land?.basicGrids.get(subject.code)?.parent ?? null);
    case 'subdistrict':
      return communitiesOfSubdistrict.value.get(subject.code)?.[0]?.id ?? null;
    default:
      return null;
  }
}

effect(() => {
  const found = communityOf(selected.value);
  if (found) chosen.value = found;
});

const current = computed(() => {
  const land = ground.value;
  if (chosen.value && land?.communities.has(chosen.value)) return chosen.value;
  const own = me.value?.subdistrict;
  const some = own ? communitiesOfSubdistrict.value.get(own) : undefined;
  return some?.[0]?.id ?? land?.communities.keys().next().value ?? null;
});

/** the grid whose courtyards are listed */
const gridInside = computed(() => {
  const subject = selected.value;
  if (subject?.kind === 'grid' && subject.layer === 'gov_grids') return subject.code;
  if (subject?.kind !== 'courtyard') return null;
  return layout.value?.codeOf[ground.value?.rowOf.get(subject.id) ?? -1] || null;
});

export function CommunityPanel() {
  const [land, lay, code] = [ground.value, layout.value, current.value];
  if (!land || !lay || !code) return null;
  const grids = gridsOfCommunity.value.get(code) ?? [];
  return (
    <div class="table-panel">
      <label class="field">
        <span>{say('kind_community')}</span>
        <select
          value={code}
          onChange={(event) => {
            const next = event.currentTarget.value;
            chosen.value = next;
            select({ kind: 'community', code: next }, { fly: true });
          }}
        >
          {Array.from(land.subdistricts.values()).map((area) => {
            const inside = (communitiesOfSubdistrict.value.get(area.id) ?? []).filter((one) =>
              gridsOfCommunity.value.has(one.id),
            );
            return inside.length === 0 ? null : (
              <optgroup key={area.id} label={area.name}>
                {inside.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name}
                  </option>
                ))}
              </optgroup>
            );
          })}
        </select>
      </label>
      <GridTable code={code} />
      <p class="card-note">{say('table_note', { n: grids.length })}</p>
      <CourtyardTable code={code} />
      <div class="card-buttons">
        <button
          type="button"
          class="ui-button"
          onClick={() => view()?.flyTo({ kind: 'community', code })}
        >
          <Icon name="target" size={18} />
          {say('card_zoom')}
        </button>
        <button
          type="button"
          class="ui-button"
          onClick={() => {
            printing.value = { kind: 'communities', codes: [code] };
          }}
        >
          <Icon name="print" size={18} />
          {say('card_print_a3')}
        </button>
        <button type="button" class="ui-button" onClick={() => void saveLedger(code, 'xlsx')}>
          <Icon name="download" size={18} />
          Excel
        </button>
        <button type="button" class="ui-button" onClick={() => void saveLedger(code, 'geojson')}>
          <Icon name="download" size={18} />
          GeoJSON
        </button>
      </div>
      <p class="card-note">{say('table_files')}</p>
    </div>
  );
}

function GridTable({ code }: { code: string }) {
  const land = ground.value!;
  const grids = gridsOfCommunity.value.get(code) ?? [];
  const totals = totalsOf(grids, land);
  const own = land.communities.get(code)?.more.households;
  const target = land.wire.rules.target;
  const columns: Column[] = [
    { key: 'name', word: say('table_grid') },
    { key: 'households', word: say('card_households'), isNumber: true },
    { key: 'deviation', word: say('table_deviation'), isNumber: true },
    { key: 'courtyards', word: say('card_courtyards'), isNumber: true },
    { key: 'walk', word: say('table_walk'), isNumber: true },
  ];
  const rows: TableRow[] = grids.map((grid) => {
    const subject: Subject = { kind: 'grid', layer: 'gov_grids', code: grid.code };
    const off = grid.deviation;
    const isOut = grid.households !== null && bandOf(grid, land) && !isInBand(grid, land);
    return {
      key: grid.code,
      title: `${gridName(grid, grid.code, land)} ${grid.code}`,
      cells: [
        gridShort(grid, land),
        households(grid.households),
        off === null ? '–' : signed(off, 0),
        count(grid.nCourtyards),
        grid.walkMean === null ? '–' : count(grid.walkMean),
      ],
      sortBy: [grid.serial, grid.households ?? 0, off ?? 0, grid.nCourtyards, grid.walkMean ?? -1],
      marks: isOut ? { 2: 'card-bad' } : {},
      isSelected: isSame(selected.value, subject) || gridInside.value === grid.code,
      isHovered: isSame(hovered.value, subject),
      subject,
    };
  });
  const all = totals.households ?? (typeof own === 'number' ? own : null);
  const mean = all === null || totals.grids === 0 ? null : all / totals.grids;
  return (
    <Table
      caption={say('table_grids_of', { name: land.communities.get(code)?.name ?? code })}
      columns={columns}
      rows={rows}
      total={[
        say('table_total', { n: totals.grids }),
        households(all),
        mean === null || target === 0 ? '–' : signed(mean / target - 1, 0),
        count(totals.courtyards),
        totals.walkMean === null ? '–' : count(totals.walkMean),
      ]}
    />
  );
}

function CourtyardTable({ code }: { code: string }) {
  const [land, lay, inside] = [ground.value!, layout.value!, gridInside.value];
  const grid = inside ? lay.grids.get(inside) : undefined;
  if (!grid || grid.community !== code) return <p class="card-note">{say('table_pick')}</p>;
  const yards = (rowsOfGrid.value.get(grid.code) ?? []).map((row) => land.courtyards[row]!);
  const columns: Column[] = [
    { key: 'name', word: say('kind_courtyard') },
    { key: 'households', word: say('card_households'), isNumber: true },
    { key: 'buildings', word: say('table_buildings'), isNumber: true },
    { key: 'built', word: say('card_built'), isNumber: true },
  ];
  const number = (value: unknown) => (typeof value === 'number' ? value : null);
  const rows: TableRow[] = yards.map((yard) => {
    const subject: Subject = { kind: 'courtyard', id: yard.id };
    const [buildings, built] = [number(yard.more.n_buildings), number(yard.more.year_built)];
    return {
      key: yard.id,
      title: `${courtyardName(yard)} ${yard.address}`,
      cells: [
        courtyardName(yard),
        households(yard.households),
        buildings === null ? '–' : count(buildings),
        built === null ? '–' : String(built),
      ],
      sortBy: [courtyardName(yard), yard.households ?? 0, buildings ?? -1, built ?? -1],
      marks: {},
      isSelected: isSame(selected.value, subject),
      isHovered: isSame(hovered.value, subject),
      subject,
    };
  });
  return (
    <Table
      caption={say('table_courtyards_of', {
        name: gridName(grid, grid.code, land),
        walk: metres(grid.walkMean),
      })}
      columns={columns}
      rows={rows}
      total={[say('table_total', { n: yards.length }), households(grid.households), '', '']}
    />
  );
}
