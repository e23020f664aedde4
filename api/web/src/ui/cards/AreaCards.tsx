/** Communities, subdistricts, beats, basic grids, and the district as a whole. */
import { openPanel } from '../../app/actions';
import {
  communitiesOfSubdistrict,
  gridsOfBeat,
  gridsOfCommunity,
  type Totals,
  totalsOf,
} from '../../app/derived';
import { ground, layout, printing } from '../../app/state';
import { view } from '../../app/view';
import type { Ground, Named } from '../../model/ground';
import type { GridFacts, Layout } from '../../model/layout';
import type { Subject } from '../../model/types';
import { say } from '../../words';
import {
  count,
  day,
  gridName,
  householdsFigure,
  householdsWord,
  metres,
  percent,
  signed,
} from '../format';
import { districtName } from '../Header';
import { Icon } from '../icons';
import { Facts, Figures, Go, Head, type Item, List, Share } from '../parts';

/** Totals of grids; the area's own count of households where single ones are hidden. */
function Sums({ totals, area }: { totals: Totals; area?: Named | undefined }) {
  const own = area?.more.households;
  const all = totals.households ?? (typeof own === 'number' ? own : null);
  return (
    <Figures
      all={[
        { value: say('card_items_n', { n: count(totals.grids) }), word: say('card_grids') },
        {
          value: say('card_items_n', { n: count(totals.courtyards) }),
          word: say('card_courtyards'),
        },
        { value: householdsFigure(all), word: say('card_households') },
      ]}
    />
  );
}

function bandText(totals: Totals): string {
  return say('card_in_band_n', { n: totals.inBand, of: totals.grids });
}

function gridItem(grid: GridFacts, land: Ground): Item {
  return {
    subject: { kind: 'grid', layer: 'gov_grids', code: grid.code },
    title: gridName(grid, grid.code, land),
    figure: householdsWord(grid.households),
  };
}

function Zoom({ subject }: { subject: Subject }) {
  return (
    <button type="button" class="ui-button" onClick={() => view()?.flyTo(subject)}>
      <Icon name="target" size={18} />
      {say('card_zoom')}
    </button>
  );
}

function PrintSheets({ codes }: { codes: string[] }) {
  return (
    <button
      type="button"
      class="ui-button"
      onClick={() => {
        printing.value = { kind: 'communities', codes };
      }}
    >
      <Icon name="print" size={18} />
      {say('card_print_a3')}
    </button>
  );
}

export function CommunityCard({ code }: { code: string }) {
  const land = ground.value;
  const area = land?.communities.get(code);
  if (!land || !area) return <p class="card-none">{say('card_gone')}</p>;
  const grids = gridsOfCommunity.value.get(code) ?? [];
  const totals = totalsOf(grids, land);
  return (
    <article class="card" data-kind="community">
      <Head kind={say('kind_community')} title={area.name} code={code} />
      <Sums totals={totals} area={area} />
      <Facts
        rows={[
          [say('card_band_word'), bandText(totals)],
          [say('card_walk_mean'), metres(totals.walkMean)],
          [
            say('kind_subdistrict'),
            area.parent && <Go key="s" to={{ kind: 'subdistrict', code: area.parent }} />,
          ],
          [say('duty_phone'), area.more.duty_phone ? String(area.more.duty_phone) : null],
        ]}
      />
      <div class="card-buttons">
        <button
          type="button"
          class="ui-button ui-button-main"
          onClick={() => openPanel('community')}
        >
          <Icon name="table" size={18} />
          {say('panel_community')}
        </button>
        <Zoom subject={{ kind: 'community', code }} />
        <PrintSheets codes={[code]} />
      </div>
      <List title={say('card_grids')} items={grids.map((grid) => gridItem(grid, land))} />
    </article>
  );
}

export function SubdistrictCard({ code }: { code: string }) {
  const land = ground.value;
  const area = land?.subdistricts.get(code);
  if (!land || !area) return <p class="card-none">{say('card_gone')}</p>;
  const inside = communitiesOfSubdistrict.value.get(code) ?? [];
  const grids = inside.flatMap((one) => gridsOfCommunity.value.get(one.id) ?? []);
  const totals = totalsOf(grids, land);
  return (
    <article class="card" data-kind="subdistrict">
      <Head kind={say('kind_subdistrict')} title={area.name} code={code} />
      <Sums totals={totals} area={area} />
      <Facts
        rows={[
          [say('card_band_word'), bandText(totals)],
          [say('card_walk_mean'), metres(totals.walkMean)],
        ]}
      />
      <div class="card-buttons">
        <Zoom subject={{ kind: 'subdistrict', code }} />
        <PrintSheets codes={inside.map((one) => one.id)} />
      </div>
      <List
        title={say('card_communities')}
        items={inside.map((one) => ({
          subject: { kind: 'community', code: one.id },
          title: one.name,
          figure: say('card_grids_n', { n: gridsOfCommunity.value.get(one.id)?.length ?? 0 }),
        }))}
      />
    </article>
  );
}

export function BeatCard({ id }: { id: string }) {
  const land = ground.value;
  const beat = land?.beats.get(id);
  if (!land || !beat) return <p class="card-none">{say('card_gone')}</p>;
  const grids = gridsOfBeat.value.get(id) ?? [];
  const totals = totalsOf(grids, land);
  const station = land.stations.find((one) => one.id === beat.parent);
  const others = Array.from(land.beats.values()).filter((one) => one.parent === beat.parent);
  const all = others.flatMap((one) => gridsOfBeat.value.get(one.id) ?? []);
  const mean = (totalsOf(all, land).households ?? 0) / Math.max(1, others.length);
  const share = totals.households !== null && mean > 0 ? totals.households / mean - 1 : null;
  const phone = beat.more.duty_phone ?? station?.more.duty_phone;
  return (
    <article class="card" data-kind="beat">
      <Head kind={say('kind_beat')} title={beat.name || id} code={id} />
      <Sums totals={totals} />
      <Facts
        rows={[
          [say('card_station'), station?.name],
          [
            say('card_balance'),
            share === null
              ? null
              : say('card_balance_text', { share: signed(share, 0), mean: count(mean) }),
          ],
          [say('duty_phone'), phone ? String(phone) : null],
        ]}
      />
      <div class="card-buttons">
        <Zoom subject={{ kind: 'beat', id }} />
      </div>
      <List title={say('card_beat_grids')} items={grids.map((grid) => gridItem(grid, land))} />
      {grids.length === 0 && <p class="card-note">{say('card_beat_empty')}</p>}
    </article>
  );
}

export function BasicGridCard({ code }: { code: string }) {
  const land = ground.value;
  const grid = land?.basicGrids.get(code);
  if (!land || !grid) return <p class="card-none">{say('card_gone')}</p>;
  const beat = grid.more.beat_id ? String(grid.more.beat_id) : null;
  const number = (value: unknown) => (typeof value === 'number' ? value : null);
  return (
    <article class="card" data-kind="basic">
      <Head kind={say('kind_basic')} title={grid.name || code} code={code} />
      <Figures
        all={[
          { value: householdsFigure(number(grid.more.households)), word: say('card_households') },
        ]}
      />
      <p class="card-note">{say('card_basic_note')}</p>
      <Facts
        rows={[
          [say('card_beat'), beat && <Go key="b" to={{ kind: 'beat', id: beat }} />],
          [
            say('card_room_word'),
            number(grid.more.room_m) === null ? null : metres(number(grid.more.room_m)),
          ],
          [say('kind_community'), <Go key="c" to={{ kind: 'community', code: grid.parent }} />],
        ]}
      />
      <div class="card-buttons">
        <Zoom subject={{ kind: 'grid', layer: 'basic_grids', code }} />
      </div>
      <Share path={`g/basic_grids/${encodeURIComponent(code)}`} />
    </article>
  );
}

/** Nothing is selected: the plan as a whole. */
export function Overview() {
  const [land, lay] = [ground.value, layout.value];
  if (!land || !lay) return null;
  const totals = totalsOf(Array.from(lay.grids.values()), land);
  const { status, gap } = lay.report;
  const proof =
    status === 'optimal'
      ? say('card_optimal')
      : typeof gap === 'number'
        ? say('card_gap', { n: percent(gap, 2) })
        : null;
  return (
    <article class="card" data-kind="district">
      <Head kind={say('card_district')} title={districtName()} />
      <Sums totals={totals} />
      <Facts
        rows={[
          [say('card_version'), version(lay)],
          [say('card_target_word'), say('card_target_n', { n: count(land.wire.rules.target) })],
          [say('card_band_word'), bandText(totals)],
          [say('card_walk_mean'), metres(totals.walkMean)],
          [say('card_proof'), proof],
        ]}
      />
      <p class="card-note">{say('card_start_hint')}</p>
      <List
        title={say('card_subdistricts')}
        items={Array.from(land.subdistricts.values()).map((one) => {
          const inside = communitiesOfSubdistrict.value.get(one.id) ?? [];
          const n = inside.reduce(
            (sum, area) => sum + (gridsOfCommunity.value.get(area.id)?.length ?? 0),
            0,
          );
          return {
            subject: { kind: 'subdistrict', code: one.id },
            title: one.name,
            figure: say('card_grids_n', { n }),
          };
        })}
      />
    </article>
  );
}

/** Document number and since when; of a draft its title. */
function version({ plan }: Layout): string {
  const since = plan.effective_date && say('head_since', { day: day(plan.effective_date) });
  return [plan.document_no ?? plan.title, since].filter(Boolean).join(say('ui_comma'));
}
