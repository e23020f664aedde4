/** What is known of one governance grid. */
import { openPanel } from '../../app/actions';
import { bandOf, coverOf, rowsOfGrid } from '../../app/derived';
import { ground, inForce, language, layout, printing } from '../../app/state';
import { view } from '../../app/view';
import { RemarkMark } from '../../desk';
import type { Ground } from '../../model/ground';
import type { GridFacts } from '../../model/layout';
import type { Subject } from '../../model/types';
import { say } from '../../words';
import { saveGridGeoJson } from '../files';
import {
  count,
  courtyardName,
  gridName,
  householdsFigure,
  householdsWord,
  metres,
  percent,
  signed,
} from '../format';
import { Icon } from '../icons';
import { panelsNow } from '../panels';
import { Facts, Figures, Go, Head, List, Share } from '../parts';
import { Band } from './Band';
import { Duty } from './Duty';

export function GridCard({ code }: { code: string }) {
  const [land, lay] = [ground.value, layout.value];
  const grid = lay?.grids.get(code);
  if (!land || !lay || !grid) return <p class="card-none">{say('card_gone')}</p>;
  const subject: Subject = { kind: 'grid', layer: 'gov_grids', code };
  const rows = rowsOfGrid.value.get(code) ?? [];
  const isNew = code.indexOf('new:') === 0;
  return (
    <article class="card" data-kind="grid">
      <Head
        kind={say('kind_grid')}
        title={gridName(grid, code, land)}
        code={isNew ? say('card_code_later') : code}
      >
        {lay.locks.has(`grid:${code}`) && <span class="ui-tag">{say('card_locked')}</span>}
        <RemarkMark subject={subject} />
      </Head>
      <Figures
        all={[
          { value: householdsFigure(grid.households), word: say('card_households') },
          {
            value: say('card_items_n', { n: count(grid.nCourtyards) }),
            word: say('card_courtyards'),
          },
          { value: metres(grid.walkMean), word: say('card_walk_mean') },
        ]}
      />
      <Balance grid={grid} land={land} />
      <Facts
        rows={[
          [say('card_beat'), <Beat key="beat" grid={grid} />],
          [say('card_walk'), walkText(grid, land)],
          [say('card_committee'), cover(rows, land, 'committee')],
          [say('card_property'), cover(rows, land, 'property_service')],
          [say('kind_community'), <Go key="c" to={{ kind: 'community', code: grid.community }} />],
          [say('kind_subdistrict'), <Above key="s" community={grid.community} />],
          ...changes(grid, land),
        ]}
      />
      <Duty grid={grid} land={land} />
      <div class="card-buttons">
        <button type="button" class="ui-button" onClick={() => view()?.flyTo(subject)}>
          <Icon name="target" size={18} />
          {say('card_zoom')}
        </button>
        <button
          type="button"
          class="ui-button"
          onClick={() => {
            printing.value = { kind: 'grids', codes: [code] };
          }}
        >
          <Icon name="print" size={18} />
          {say('card_print')}
        </button>
        {!isNew && (
          <button type="button" class="ui-button" onClick={() => void saveGridGeoJson(grid)}>
            <Icon name="download" size={18} />
            GeoJSON
          </button>
        )}
        {panelsNow().some((one) => one.name === 'compare') && (
          <button type="button" class="ui-button" onClick={() => openPanel('compare')}>
            <Icon name="compare" size={18} />
            {say('panel_compare')}
          </button>
        )}
      </div>
      <List
        title={say('card_list_courtyards')}
        items={rows.map((row) => {
          const yard = land.courtyards[row]!;
          const isHeart = row === grid.medoid && rows.length > 1;
          return {
            subject: { kind: 'courtyard', id: yard.id },
            title: courtyardName(yard),
            figure: householdsWord(yard.households),
            ...(isHeart && { tag: say('card_centre'), tagTitle: say('card_centre_why') }),
          };
        })}
      />
      {!isNew && <Share path={`g/gov_grids/${encodeURIComponent(code)}`} />}
    </article>
  );
}

/** Households against the band of the grid's part, and why that is wider than usual. */
function Balance({ grid, land }: { grid: GridFacts; land: Ground }) {
  const band = bandOf(grid, land);
  const load = grid.households;
  if (!band || load === null) return null;
  const target = land.wire.rules.target;
  const more = Math.round(load - target);
  const share = signed(target > 0 ? (load - target) / target : 0);
  const values = { target: count(target), n: count(Math.abs(more)), share };
  const key = more === 0 ? 'card_same' : more > 0 ? 'card_more' : 'card_less';
  const isIn = load >= band.low && load <= band.high;
  const reason = band.reason[language.value];
  return (
    <section class="card-balance">
      <Band value={load} low={band.low} high={band.high} target={target} />
      <p>
        {say(key, values)}
        <span class={isIn ? 'card-good' : 'card-bad'}>
          {say(isIn ? 'card_in_band' : 'card_out_of_band')}
        </span>
      </p>
      {reason && <p class="card-note">{reason}</p>}
    </section>
  );
}

function Beat({ grid }: { grid: GridFacts }) {
  if (!grid.beat) return <span class="card-bad">{say('card_no_beat')}</span>;
  return (
    <>
      <Go to={{ kind: 'beat', id: grid.beat }} />
      {grid.roomM !== null && <small>{say('card_room', { n: metres(grid.roomM) })}</small>}
    </>
  );
}

export function Above({ community }: { community: string }) {
  const parent = ground.value?.communities.get(community)?.parent;
  return parent ? <Go to={{ kind: 'subdistrict', code: parent }} /> : null;
}

function walkText(grid: GridFacts, land: Ground): string {
  if (grid.walkMean === null) return say('card_unknown');
  if (grid.nCourtyards === 1) return say('card_walk_one');
  const limit = land.wire.rules.walk_max_m;
  const text = say('card_walk_text', { mean: metres(grid.walkMean), max: metres(grid.walkMax) });
  const isFar = limit !== null && grid.walkMax !== null && grid.walkMax > limit;
  return isFar ? text + say('card_walk_far', { n: metres(limit) }) : text;
}

function cover(rows: readonly number[], land: Ground, name: 'committee' | 'property_service') {
  const { n, of } = coverOf(rows, land, name);
  if (of === 0) return null;
  if (n === 0) return <span class="card-bad">{say('card_cover_none')}</span>;
  return n === of ? say('card_cover_all', { of }) : say('card_cover', { n, of });
}

/** What is otherwise than in the version in force. */
function changes(grid: GridFacts, land: Ground): [string, string][] {
  const [lay, held] = [layout.value, inForce.value];
  if (!lay || !held || held.plan.plan_id === lay.plan.plan_id) return [];
  const old = held.grids.get(grid.code);
  if (!old) return [[say('card_before'), say('card_before_new')]];
  if (old.households === null || grid.households === null) return [];
  const by = grid.households - old.households;
  if (by === 0 && old.nCourtyards === grid.nCourtyards) return [];
  const share = land.wire.rules.target > 0 ? percent(Math.abs(by) / land.wire.rules.target) : '';
  const values = { households: count(old.households), courtyards: old.nCourtyards, share };
  return [[say('card_before'), say('card_before_text', values)]];
}
