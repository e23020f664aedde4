/** A list on paper: shown as it will be printed, over the page, in a place of its own. */
import { type ComponentChildren, render } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { language } from '../app/state';
import { Icon } from '../ui/icons';
import { PageFoot, PageMarks } from '../ui/print/Pieces';
import { say } from '../words';

/** 210 mm, 96 CSS pixels an inch; and what is left free beside it */
const PAGE_PX = (210 * 96) / 25.4;
const EDGE_PX = 16;

let host: HTMLElement | null = null;

/** Show a list for printing; `page` is called again when the language changes. */
export function openPaper(page: () => ComponentChildren): void {
  closePaper();
  host = document.createElement('div');
  document.body.appendChild(host);
  // the page beneath neither speaks nor prints meanwhile
  document.body.classList.add('work-printing');
  document.getElementById('app')?.setAttribute('aria-hidden', 'true');
  render(<Paper page={page} />, host);
}

export function closePaper(): void {
  if (!host) return;
  render(null, host);
  host.remove();
  host = null;
  document.body.classList.remove('work-printing');
  document.getElementById('app')?.removeAttribute('aria-hidden');
}

/** Set the paper while a list is shown: lists flow over pages, so that the printer needs margins. */
function setPaper(): () => void {
  const sheet =
    Array.from(document.styleSheets).find((one) => one.href?.includes('/map/')) ??
    document.styleSheets[0];
  if (!sheet) return () => undefined;
  const rule = '@page { size: A4 portrait; margin: 12mm; }';
  const at = sheet.insertRule(rule, sheet.cssRules.length);
  return () => {
    if (sheet.cssRules[at]?.cssText.indexOf('@page') === 0) sheet.deleteRule(at);
  };
}

function Paper({ page }: { page: () => ComponentChildren }) {
  const back = useRef<HTMLButtonElement>(null);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    back.current?.focus();
    const unset = setPaper();
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') closePaper();
    };
    const fit = () => {
      const room = (place.current?.clientWidth ?? 0) - 2 * EDGE_PX;
      place.current?.style.setProperty('--work-zoom', String(Math.min(1, room / PAGE_PX)));
    };
    fit();
    window.addEventListener('resize', fit);
    document.addEventListener('keydown', onKey);
    return () => {
      unset();
      window.removeEventListener('resize', fit);
      document.removeEventListener('keydown', onKey);
      if (before && document.contains(before)) before.focus();
    };
  }, []);
  return (
    <section class="preview work-preview" aria-label={say('print_title')} lang={language.value}>
      <header class="preview-head">
        <button type="button" class="ui-button" ref={back} onClick={closePaper}>
          <Icon name="back" size={18} />
          {say('print_back')}
        </button>
        <div class="preview-words">
          <h2>{say('print_title')}</h2>
          <p>{say('list_print_hint')}</p>
        </div>
        <button type="button" class="ui-button ui-button-main" onClick={() => window.print()}>
          <Icon name="print" size={18} />
          {say('print_do')}
        </button>
      </header>
      {/* scrolled by keyboard too */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a place that scrolls takes the focus */}
      <div class="preview-pages" ref={place} tabIndex={0}>
        <article class="work-page">{page()}</article>
      </div>
    </section>
  );
}

/** Head and foot that every list has. */
export function PaperFrame(given: { title: string; under: string; children: ComponentChildren }) {
  return (
    <>
      <header class="work-page-head">
        <div>
          <h2>{given.title}</h2>
          <p>{given.under}</p>
        </div>
        <PageMarks />
      </header>
      {given.children}
      <PageFoot />
    </>
  );
}
