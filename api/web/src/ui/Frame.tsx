/** Where everything stands: at the desk beside the map, on the phone above it. */
import { openPanel } from '../app/actions';
import {
  dialog,
  isEditing,
  isNarrow,
  layout,
  panel,
  printing,
  screen,
  sheet,
  sideOpen,
} from '../app/state';
import { ConflictDialog, EditBar } from '../desk';

import { MapCanvas } from '../map/view';
import { say } from '../words';
import { NewPassword, SignIn } from './Account';
import { focusFind } from './Find';
import { Header } from './Header';
import { Icon, type IconName } from './icons';
import { MapLegend } from './MapLegend';
import { Empty, Failed, Fetching, Loading, Notice, OfflineBanner, Question } from './Messages';
import { Panel } from './Panel';
import { editingPanel, panelsNow } from './panels';
import { PrintPreview } from './print/PrintPreview';
import { Sheet } from './Sheet';

export function Frame() {
  const isPrinting = printing.value !== null;
  return (
    <>
      <div
        class={`frame${isPrinting ? ' is-behind' : ''}${isNarrow.value ? ' is-phone' : ''}`}
        aria-hidden={isPrinting || undefined}
      >
        <a class="skip" href="#middle">
          {say('ui_skip')}
        </a>
        <Header />
        <OfflineBanner />
        <Fetching />
        <div class="frame-body">
          <main class="frame-map" id="middle" tabIndex={-1} aria-label={say('ui_map')}>
            <Middle />
          </main>
          {isNarrow.value ? <PhoneParts /> : <DeskParts />}
        </div>
        {isNarrow.value && <BottomBar />}
      </div>
      {isPrinting && <PrintPreview />}
      <ConflictDialog />
      {dialog.value === 'sign_in' && <SignIn />}
      {dialog.value === 'password' && <NewPassword />}
      <Question />
      <Notice />
    </>
  );
}

function Middle() {
  const now = screen.value;
  switch (now.kind) {
    case 'loading':
      return <Loading what={now.what} />;
    case 'error':
      return <Failed told={now} />;
    case 'empty':
      return <Empty />;
    case 'ready':
      return (
        <>
          <MapCanvas />
          <MapLegend />
          <EditBar />
        </>
      );
  }
}

function isPanelOf(name: string): boolean {
  return layout.value !== null || name === 'drafts' || name === 'help';
}

function DeskParts() {
  const isShown = sideOpen.value && isPanelOf(panel.value);
  return (
    <>
      {isShown && (
        <aside class="side" id="panel" tabIndex={-1} aria-label={say('ui_panel')}>
          <Panel />
        </aside>
      )}
      <nav class="rail" aria-label={say('ui_parts')}>
        {panelsNow()
          .filter((one) => isPanelOf(one.name))
          .map((one) => {
            const isNow = isShown && panel.value === one.name;
            return (
              <button
                key={one.name}
                type="button"
                class={`rail-item${isNow ? ' is-now' : ''}`}
                aria-pressed={isNow}
                onClick={() => {
                  if (isNow) sideOpen.value = false;
                  else openPanel(one.name === 'edit' ? editingPanel() : one.name);
                }}
              >
                <Icon name={one.icon} size={22} />
                <span>{say(one.word)}</span>
              </button>
            );
          })}
      </nav>
    </>
  );
}

function PhoneParts() {
  if (!isPanelOf(panel.value)) return null;
  return (
    <Sheet>
      <aside class="sheet-body" id="panel" tabIndex={-1} aria-label={say('ui_panel')}>
        <Panel />
      </aside>
    </Sheet>
  );
}

function BottomBar() {
  const now = panel.value;
  const entries: [string, IconName, string, boolean, () => void][] = [
    [
      'map',
      'map',
      say('bar_map'),
      now === 'none',
      () => {
        openPanel('none');
        sheet.value = 'low';
      },
    ],
    ['find', 'search', say('bar_find'), false, focusFind],
    ['edit', 'edit', say('bar_edit'), isEditing.value || now === 'drafts', startEditing],
    ['more', 'more', say('bar_more'), now === 'more', () => openPanel('more')],
  ];
  return (
    <nav class="bar" aria-label={say('ui_parts')}>
      {entries.map(([key, icon, word, isNow, go]) => (
        <button
          key={key}
          type="button"
          class={`bar-item${isNow ? ' is-now' : ''}`}
          aria-pressed={isNow}
          onClick={go}
        >
          <Icon name={icon} size={22} />
          <span>{word}</span>
        </button>
      ))}
    </nav>
  );
}

function startEditing(): void {
  const mayLook = panelsNow().some((one) => one.name === 'drafts');
  if (mayLook) openPanel(editingPanel());
  else dialog.value = 'sign_in';
}
