/** The panel beside the map: a card, a table, a list; by what is chosen. */
import { openPanel, select, WORKING } from '../app/actions';
import {
  ground,
  isNarrow,
  layout,
  type Panel as PanelName,
  panel,
  selected,
  sideOpen,
} from '../app/state';
import { ApprovalPanel, CommentsPanel, ComparePanel, DraftsPanel, EditPanel } from '../desk';
import type { Subject } from '../model/types';
import { say } from '../words';
import { ChangeListPanel, CoveragePanel, PolicePanel } from '../work';
import { CommunityPanel } from './CommunityPanel';
import {
  BasicGridCard,
  BeatCard,
  CommunityCard,
  Overview,
  SubdistrictCard,
} from './cards/AreaCards';
import { CourtyardCard } from './cards/CourtyardCard';
import { GridCard } from './cards/GridCard';
import { householdsWord, titleOf } from './format';
import { HelpPanel } from './HelpPanel';
import { Icon } from './icons';
import { LayersPanel } from './LayersPanel';
import { MorePanel } from './MorePanel';
import { panelsNow } from './panels';

export function Panel() {
  const name = panel.value;
  const entry = panelsNow().find((one) => one.name === name);
  const subject = selected.value;
  if (name === 'none') {
    return (
      <div class="panel-scroll" key={`card ${subject ? JSON.stringify(subject) : ''}`}>
        {subject && (
          <div class="panel-tools">
            <button type="button" class="ui-link panel-back" onClick={() => select(null)}>
              <Icon name="back" size={16} />
              {say('panel_all')}
            </button>
          </div>
        )}
        <Whole subject={subject} />
      </div>
    );
  }
  return (
    <>
      <div class="panel-head">
        <h2>{entry ? say(entry.word) : say('panel_more')}</h2>
        <button
          type="button"
          class="ui-bare"
          aria-label={say('ui_close')}
          onClick={() => {
            openPanel('none');
            if (!isNarrow.value) sideOpen.value = true;
          }}
        >
          <Icon name="close" />
        </button>
      </div>
      {/* keys scroll it even where nothing in it takes the focus */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable */}
      <div class="panel-scroll" key={name} tabIndex={0}>
        <Body />
      </div>
      {subject && isDocked(subject, name) && <Docked subject={subject} />}
    </>
  );
}

/** The own subdistrict is where the panel works anyway; a phone has no room to say a thing twice. */
function isDocked(subject: Subject, name: PanelName): boolean {
  const isTold = isNarrow.value && (name === 'edit' || name === 'comments');
  return WORKING.includes(name) && subject.kind !== 'subdistrict' && !isTold;
}

function Body() {
  switch (panel.value) {
    case 'community':
      return <CommunityPanel />;
    case 'layers':
      return <LayersPanel />;
    case 'help':
      return <HelpPanel />;
    case 'more':
      return <MorePanel />;
    case 'drafts':
      return <DraftsPanel />;
    case 'edit':
      return <EditPanel />;
    case 'changes_list':
      return <ChangeListPanel />;
    case 'police':
      return <PolicePanel />;
    case 'coverage':
      return <CoveragePanel />;
    case 'compare':
      return <ComparePanel />;
    case 'comments':
      return <CommentsPanel />;
    case 'approval':
      return <ApprovalPanel />;
    default:
      return null;
  }
}

/** The card of what is selected; else of the draft's subdistrict, else of the district. */
function Whole({ subject }: { subject: Subject | null }) {
  if (subject) return <Card subject={subject} />;
  const scope = layout.value?.plan.scope;
  return scope ? <SubdistrictCard code={scope} /> : <Overview />;
}

export function Card({ subject }: { subject: Subject }) {
  switch (subject.kind) {
    case 'grid':
      return subject.layer === 'gov_grids' ? (
        <GridCard code={subject.code} />
      ) : (
        <BasicGridCard code={subject.code} />
      );
    case 'courtyard':
      return <CourtyardCard id={subject.id} />;
    case 'community':
      return <CommunityCard code={subject.code} />;
    case 'subdistrict':
      return <SubdistrictCard code={subject.code} />;
    case 'beat':
      return <BeatCard id={subject.id} />;
  }
}

/** While a panel works, what is selected stands at its foot in one line. */
function Docked({ subject }: { subject: Subject }) {
  const [land, lay] = [ground.value, layout.value];
  const told =
    subject.kind === 'grid' && subject.layer === 'gov_grids'
      ? lay?.grids.get(subject.code)?.households
      : subject.kind === 'courtyard'
        ? land?.courtyards[land.rowOf.get(subject.id) ?? -1]?.households
        : undefined;
  return (
    <div class="docked">
      <span class="docked-name">{titleOf(subject, land, lay)}</span>
      {told !== undefined && <span class="docked-figure">{householdsWord(told)}</span>}
      <button type="button" class="ui-button ui-button-small" onClick={() => openPanel('none')}>
        {say('panel_card')}
      </button>
    </div>
  );
}
