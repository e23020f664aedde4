/** What is known of one courtyard. */
import { ground, layout } from '../../app/state';
import { view } from '../../app/view';
import { RemarkMark } from '../../desk';
import type { Subject } from '../../model/types';
import { say, type Word } from '../../words';
import { courtyardName, householdsFigure } from '../format';
import { Icon } from '../icons';
import { Facts, Figures, Go, Head } from '../parts';
import { Above } from './GridCard';

export function CourtyardCard({ id }: { id: string }) {
  const [land, lay] = [ground.value, layout.value];
  const yard = land?.courtyards[land.rowOf.get(id) ?? -1];
  if (!land || !lay || !yard) return <p class="card-none">{say('card_gone')}</p>;
  const { more } = yard;
  const code = lay.codeOf[yard.row] ?? '';
  const subject: Subject = { kind: 'courtyard', id };
  const sizes = [
    ['n_buildings', 'card_buildings_n'],
    ['n_entrances', 'card_entrances_n'],
  ] as const;
  const station = land.stations[yard.station];
  return (
    <article class="card" data-kind="courtyard">
      <Head kind={say('kind_courtyard')} title={courtyardName(yard)} code={id}>
        {lay.locks.has(`courtyard:${id}`) && <span class="ui-tag">{say('card_locked')}</span>}
        <RemarkMark subject={subject} />
      </Head>
      <Figures
        all={[
          {
            value: householdsFigure(yard.households),
            word: say('card_households'),
            ...(typeof more.households_source === 'string' && {
              note: say(`source_${more.households_source}` as Word),
            }),
          },
        ]}
      />
      <Facts
        rows={[
          [
            say('card_its_grid'),
            code ? (
              <Go key="g" to={{ kind: 'grid', layer: 'gov_grids', code }} />
            ) : (
              <span class="card-bad">{say('card_in_none')}</span>
            ),
          ],
          [say('card_where'), yard.address],
          [
            say('card_buildings'),
            sizes
              .filter(([name]) => typeof more[name] === 'number')
              .map(([name, word]) => say(word, { n: more[name] as number }))
              .join(say('ui_comma')),
          ],
          [say('card_built'), year(more.year_built)],
          [say('card_renovated'), year(more.renovated_year) || say('card_not_renovated')],
          [say('card_committee'), kindOf('committee', more.committee)],
          [say('card_property'), kindOf('property', more.property_service)],
          [say('kind_community'), <Go key="c" to={{ kind: 'community', code: yard.community }} />],
          [say('kind_subdistrict'), <Above key="s" community={yard.community} />],
          [
            say('card_beat_around'),
            yard.beat && <Go key="b" to={{ kind: 'beat', id: yard.beat }} />,
          ],
          [say('card_station'), station?.name],
        ]}
      />
      <div class="card-buttons">
        <button type="button" class="ui-button" onClick={() => view()?.flyTo(subject)}>
          <Icon name="target" size={18} />
          {say('card_zoom')}
        </button>
      </div>
    </article>
  );
}

function year(value: unknown): string {
  return typeof value === 'number' ? say('card_year', { n: Math.round(value) }) : '';
}

const KNOWN = ['none', 'owners', 'self', 'trial', 'contract'];

function kindOf(what: 'committee' | 'property', value: unknown): string {
  if (typeof value !== 'string' || !KNOWN.includes(value)) return say('card_unknown');
  return say(`${what}_${value}` as Word);
}
