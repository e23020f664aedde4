/** A box over the page that keeps the keyboard inside and gives the focus back when it goes. */
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { say } from '../words';
import { Icon } from './icons';

const REACHABLE =
  'a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea:not([disabled]), summary, [tabindex="0"]';

/** what a closed fold hides, its own line excepted */
const FOLDED = 'details:not([open]) > :not(summary)';

interface Props {
  title: string;
  onClose: () => void;
  /** room for things side by side; not closed by a click beside it, since much may be at stake */
  isWide?: boolean;
  children: ComponentChildren;
}

export function Dialog({ title, onClose, isWide = false, children }: Props) {
  const box = useRef<HTMLDivElement>(null);
  // a question may stand over another dialog
  const head = useId();

  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    const wish = box.current?.querySelector<HTMLElement>('[data-first]');
    (wish ?? box.current)?.focus();
    return () => {
      if (before && document.contains(before)) before.focus();
    };
  }, []);

  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      onClose();
    } else if (event.key === 'Tab') {
      keepInside(event, box.current!);
    }
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape and the button do the same
    <div
      class="dialog-back"
      onMouseDown={(event) => {
        if (!isWide && event.target === event.currentTarget) onClose();
      }}
    >
      <div
        ref={box}
        class={`dialog-box${isWide ? ' is-wide' : ''}`}
        role="dialog"
        aria-modal="true"
        aria-labelledby={head}
        tabIndex={-1}
        onKeyDown={onKey}
      >
        <header class="dialog-head">
          <h2 id={head}>{title}</h2>
          <button type="button" class="ui-bare" aria-label={say('ui_close')} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </div>
  );
}

/** Let Tab go round within a box. */
export function keepInside(event: KeyboardEvent, box: HTMLElement): void {
  const all = Array.from(box.querySelectorAll<HTMLElement>(REACHABLE)).filter(
    (one) => one.offsetParent !== null && !one.closest(FOLDED),
  );
  const [first, last] = [all[0], all[all.length - 1]];
  if (!first || !last) {
    event.preventDefault();
  } else if (
    event.shiftKey &&
    (document.activeElement === first || document.activeElement === box)
  ) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && document.activeElement === last) {
    event.preventDefault();
    first.focus();
  }
}
