/** One community on A3, landscape: map, table of grids, legend. */
import { gridsOfCommunity, rowsOfGrid, totalsOf } from '../../app/derived';
import { ground, layout, shown, theme } from '../../app/state';
import type { GridFacts } from '../../model/layout';
import { say, type Word } from '../../words';
import { count, courtyardName, gridShort, households, signed } from '../format';
import { districtName } from '../Header';
import { Legend } from '../LayersPanel';
import { metresPerMm } from './bounds';
import { North, PageFoot, PageMarks, ScaleBar } from './Pieces';
import { A3_MAP, type Page } from './pages';

export function CommunityPage({ page }: { page: Page }) {
  const land = ground.value!;
  const area = land.communities.get(page.code);
  const above = land.subdistricts.get(area?.parent ?? '')?.name ?? '';
  const name = area?.name ?? page.code;
  return (
    <section class="page page-a3" aria-label={name}>
      <header class="page-head">
        <div>
          <p>
            {districtName()} {above}
          </p>
          <h2>{say('print_community', { name })}</h2>
        </div>
        <PageMarks />
      </header>
      <div class="page-body">
        <div class="page-map">
          {page.picture && <img src={page.picture} alt={say('print_map_of', { name })} />}
          <North />
          {page.bounds && (
            <ScaleBar
              perMm={metresPerMm(page.bounds, land, A3_MAP.width, A3_MAP.height)}
              room={50}
            />
          )}
        </div>
        <div class="page-side">
          <Grids grids={gridsOfCommunity.value.get(page.code) ?? []} code={page.code} />
          <Yards grids={gridsOfCommunity.value.get(page.code) ?? []} />
          <PageLegend />
        </div>
      </div>
      <PageFoot />
    </section>
  );
}

function Grids({ grids, code }: { grids: GridFacts[]; code: string }) {
  const land = ground.value!;
  const totals = totalsOf(grids, land);
  const own = land.communities.get(code)?.more.households;
  const all = totals.households ?? (typeof own === 'number' ? own : null);
  return (
    <table class={`page-table${grids.length > 16 ? ' is-long' : ''}`}>
      <thead>
        <tr>
          <th>{say('table_grid')}</th>
          <th>{say('print_code')}</th>
          <th class="is-number">{say('card_households')}</th>
          <th class="is-number">{say('table_deviation')}</th>
          <th class="is-number">{say('card_courtyards')}</th>
          <th>{say('card_beat')}</th>
        </tr>
      </thead>
      <tbody>
        {grids.map((grid) => (
          <tr key={grid.code}>
            <td>{gridShort(grid, land)}</td>
            <td>{grid.code}</td>
            <td class="is-number">{households(grid.households)}</td>
            <td class="is-number">{grid.deviation === null ? '–' : signed(grid.deviation, 0)}</td>
            <td class="is-number">{count(grid.nCourtyards)}</td>
            <td>{beatShort(grid.beat)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <td colSpan={2}>{say('table_total', { n: totals.grids })}</td>
          <td class="is-number">{households(all)}</td>
          <td />
          <td class="is-number">{count(totals.courtyards)}</td>
          <td />
        </tr>
      </tfoot>
    </table>
  );
}

/** more than this does not fit beside the map */
const MOST_YARDS = 60;

/** Courtyards by name, to be checked on paper; left out where there is no room. */
function Yards({ grids }: { grids: GridFacts[] }) {
  const land = ground.value!;
  const rows = grids.map((grid) => rowsOfGrid.value.get(grid.code) ?? []);
  if (rows.reduce((sum, some) => sum + some.length, 0) > MOST_YARDS) return null;
  return (
    <div class="page-yards">
      <h3>{say('print_yards')}</h3>
      <dl>
        {grids.map((grid, i) => (
          <div key={grid.code}>
            <dt>{gridShort(grid, land)}</dt>
            <dd>
              {rows[i]!.map((row) => courtyardName(land.courtyards[row]!)).join(say('ui_comma'))}
            </dd>
          </div>
        ))}
      </dl>
      <p class="page-signed">{say('print_sign')}</p>
    </div>
  );
}

/** the station's name is too long for a column; the number within it tells enough */
function beatShort(id: string | null): string {
  if (!id) return say('card_no_beat');
  const beat = ground.value?.beats.get(id);
  const station = ground.value?.stations.find((one) => one.id === beat?.parent)?.name ?? '';
  const name = beat?.name || id;
  const isWithin = station !== '' && name.indexOf(station) === 0;
  return isWithin ? name.slice(station.length) : name;
}

/** Signs of the page: what the theme's colours and the lines mean. */
function PageLegend() {
  const isPlain = theme.value === 'grids';
  const always = ['own', 'grid', 'yard'];
  const lines = always.concat(
    ['communities', 'buildings', 'beats', 'basic_grids'].filter((name) => shown.value.has(name)),
  );
  return (
    <div class="page-legend">
      {!isPlain && layout.value && <Legend onPaper />}
      <h3>{say('print_legend')}</h3>
      <ul>
        {lines.map((name) => (
          <li key={name}>
            <span class={`page-sign page-sign-${name}`} />
            {say(`print_sign_${name}` as Word)}
          </li>
        ))}
      </ul>
    </div>
  );
}
