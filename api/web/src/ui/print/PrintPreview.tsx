/** The pages as they will come out of the printer, with 打印 and 返回 above them. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { notify } from '../../app/actions';
import { detail, ground, language, printing } from '../../app/state';
import { view } from '../../app/view';
import { say } from '../../words';
import { Icon } from '../icons';
import { CommunityPage } from './CommunityPage';
import { GridPage } from './GridPage';
import { boundsOf, draw, type Page, setPaper } from './pages';

/** of the paper, millimetres */
const WIDTH = { communities: 420, grids: 210 };
const HEIGHT = { communities: 297, grids: 297 };
const PX_PER_MM = 96 / 25.4;

const pages = signal<Page[]>([]);

export function PrintPreview() {
  const job = printing.value!;
  const place = useRef<HTMLDivElement>(null);
  const back = useRef<HTMLButtonElement>(null);
  const drawn = pages.value.filter((page) => page.picture !== null || page.bounds === null).length;
  // before the list is made there is nothing to print either
  const isReady = pages.value.length > 0 && drawn === pages.value.length;

  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    back.current?.focus();
    const unset = setPaper(job.kind === 'communities' ? 'A3 landscape' : 'A4 portrait');
    const fit = () => {
      const room = (place.current?.clientWidth ?? 0) - 32;
      const scale = Math.min(1, room / (WIDTH[job.kind] * PX_PER_MM));
      place.current?.style.setProperty('--page-scale', String(scale));
      place.current?.style.setProperty('--page-width', `${WIDTH[job.kind] * scale}mm`);
      place.current?.style.setProperty('--page-height', `${HEIGHT[job.kind] * scale}mm`);
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') close();
    };
    fit();
    window.addEventListener('resize', fit);
    document.addEventListener('keydown', onKey);
    return () => {
      unset();
      window.removeEventListener('resize', fit);
      document.removeEventListener('keydown', onKey);
      // what is behind the preview can be reached only once that is gone
      setTimeout(() => before?.focus(), 0);
    };
  }, [job]);

  // names on the maps follow the language too
  const spoken = language.value;
  useEffect(() => prepare(job), [job, spoken]);

  const paper = job.kind === 'communities' ? 'A3' : 'A4';
  const word = job.kind === 'communities' ? 'print_pages_a3' : 'print_pages_a4';
  return (
    <section class="preview" aria-label={say('print_title')}>
      <header class="preview-head">
        <button type="button" class="ui-button" ref={back} onClick={close}>
          <Icon name="back" size={18} />
          {say('print_back')}
        </button>
        <div class="preview-words">
          <h2>{say('print_title')}</h2>
          <p role="status">
            {isReady
              ? `${say(word, { n: pages.value.length })}${say('ui_stop')}${say('print_hint', { paper })}`
              : say('print_wait', { n: drawn + 1, of: pages.value.length })}
          </p>
        </div>
        <button
          type="button"
          class="ui-button ui-button-main"
          disabled={!isReady}
          onClick={() => window.print()}
        >
          <Icon name="print" size={18} />
          {say('print_do')}
        </button>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable */}
      <div class="preview-pages" ref={place} tabIndex={0}>
        {pages.value.map((page) => (
          <div class="preview-page" key={page.code}>
            {job.kind === 'communities' ? <CommunityPage page={page} /> : <GridPage page={page} />}
          </div>
        ))}
      </div>
    </section>
  );
}

function close(): void {
  printing.value = null;
}

/** buildings and small roads belong on paper; without them it is printed after all */
const PATIENCE_MS = 15_000;

async function detailCame(isOver: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (detail.value?.key !== ground.value?.key && Date.now() < end && !isOver()) {
    await new Promise((next) => setTimeout(next, 100));
  }
}

/** Draw the maps one by one; the way out stops that and frees the pictures. */
function prepare(job: NonNullable<typeof printing.value>): () => void {
  let isOver = false;
  pages.value = job.codes.map((code) => ({
    code,
    bounds: boundsOf(job.kind, code),
    picture: null,
  }));
  const run = async () => {
    if (!view()) notify(say('print_no_map'), 'bad');
    await detailCame(() => isOver);
    for (const page of pages.value) {
      // let the page be painted and the buttons answer between two maps
      await new Promise((next) => setTimeout(next, 30));
      if (isOver || !page.bounds) continue;
      const picture = await draw(job.kind, page.code, page.bounds);
      if (isOver) {
        if (picture) URL.revokeObjectURL(picture);
        return;
      }
      pages.value = pages.value.map((one) => (one.code === page.code ? { ...one, picture } : one));
    }
  };
  void run();
  return () => {
    isOver = true;
    for (const page of pages.value) if (page.picture) URL.revokeObjectURL(page.picture);
    // the next preview must not begin with pictures that are gone
    pages.value = [];
  };
}
