/** One grid on A4: map, courtyards, who is on duty, permanent address as QR code. */
import { rowsOfGrid } from '../../app/derived';
import { ground, layout } from '../../app/state';
import { say } from '../../words';
import { postsOf } from '../cards/Duty';
import { count, courtyardName, gridName, households, metres } from '../format';
import { metresPerMm } from './bounds';
import { North, PageFoot, PageMarks, QrCode, ScaleBar } from './Pieces';
import { A4_MAP, type Page } from './pages';

export function GridPage({ page }: { page: Page }) {
  const [land, lay] = [ground.value!, layout.value!];
  const grid = lay.grids.get(page.code);
  if (!grid) return null;
  const community = land.communities.get(grid.community);
  const above = land.subdistricts.get(community?.parent ?? '')?.name ?? '';
  const name = gridName(grid, page.code, land);
  const yards = (rowsOfGrid.value.get(page.code) ?? []).map((row) => land.courtyards[row]!);
  const hasRoom = grid.beat !== null && Boolean(land.beats.get(grid.beat)?.more.room);
  const isNew = page.code.indexOf('new:') === 0;
  const address = new URL(`g/gov_grids/${encodeURIComponent(page.code)}`, document.baseURI).href;
  return (
    <section class="page page-a4" aria-label={name}>
      <header class="page-head">
        <div>
          <p>
            {above} {community?.name ?? grid.community}
          </p>
          <h2>{name}</h2>
          <p class="page-code">{isNew ? say('card_code_later') : page.code}</p>
        </div>
        <PageMarks />
      </header>
      <dl class="page-figures">
        <div>
          <dt>{say('card_households')}</dt>
          <dd>{say('card_households_n', { n: households(grid.households) })}</dd>
        </div>
        <div>
          <dt>{say('card_courtyards')}</dt>
          <dd>{count(grid.nCourtyards)}</dd>
        </div>
        <div>
          <dt>{say('card_walk_mean')}</dt>
          <dd>{metres(grid.walkMean)}</dd>
        </div>
        <div>
          <dt>{say('card_room_word')}</dt>
          <dd>{metres(grid.roomM)}</dd>
        </div>
      </dl>
      <div class="page-map">
        {page.picture && <img src={page.picture} alt={say('print_map_of', { name })} />}
        <North />
        {page.bounds && (
          <ScaleBar perMm={metresPerMm(page.bounds, land, A4_MAP.width, A4_MAP.height)} room={36} />
        )}
      </div>
      <p class="page-caption">{say(hasRoom ? 'print_caption_room' : 'print_caption')}</p>
      <div class="page-columns">
        <div class="page-yards">
          <h3>{say('card_list_courtyards')}</h3>
          <ul class={yards.length > 12 ? 'is-long' : ''}>
            {yards.map((yard) => (
              <li key={yard.id}>
                <span>{courtyardName(yard)}</span>
                <span>{say('card_households_n', { n: households(yard.households) })}</span>
              </li>
            ))}
          </ul>
        </div>
        <div class="page-duty">
          <h3>{say('duty_title')}</h3>
          <ul>
            {postsOf(grid, land).map((post) => (
              <li key={post.role}>
                <strong>{post.role}</strong>
                <span>{post.place}</span>
                {post.phone && <span class="page-phone">{post.phone}</span>}
              </li>
            ))}
          </ul>
          {!isNew && (
            <div class="page-scan">
              <QrCode text={address} />
              <p>
                {say('print_scan')}
                <span>{address}</span>
              </p>
            </div>
          )}
        </div>
      </div>
      <PageFoot />
    </section>
  );
}
