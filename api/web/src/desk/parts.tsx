/** Small pieces that the desk's panels share. */
import type { ComponentChildren } from 'preact';
import { say } from '../words';
import type { FigureChange } from './change';
import type { Refusal } from './refusals';
import * as tell from './tell';

export type ChipTone = 'good' | 'bad' | 'warn' | 'plain' | 'accent';

export function Chip({ tone, children }: { tone: ChipTone; children: ComponentChildren }) {
  return <span class={`desk-chip desk-chip-${tone}`}>{children}</span>;
}

/** Something that is shown on request. */
export function Fold(given: {
  title: ComponentChildren;
  isOpen?: boolean;
  children: ComponentChildren;
}) {
  return (
    <details class="desk-fold" open={given.isOpen ?? false}>
      <summary>{given.title}</summary>
      <div class="desk-fold-body">{given.children}</div>
    </details>
  );
}

/** Why something was refused, kindly; what the service said is folded underneath. */
export function Refused({ refusal }: { refusal: Refusal | null }) {
  if (refusal === null) return null;
  return (
    <div class="desk-refused" role="alert">
      <p>{refusal.words}</p>
      {refusal.faults.length > 0 && (
        <ul class="desk-list">
          {refusal.faults.map((fault) => (
            <li key={fault}>{fault}</li>
          ))}
        </ul>
      )}
      {refusal.detail && (
        <Fold title={say('step_told_by_service')}>
          <p class="desk-said">{refusal.detail}</p>
        </Fold>
      )}
    </div>
  );
}

export function Busy({ text }: { text: string }) {
  return (
    <p class="desk-busy" role="status">
      <span class="desk-spin" aria-hidden="true" />
      {text}
    </p>
  );
}

/** Tabs as the keyboard expects them: arrows move, one is in the tab order. */
export function Tabs<T extends string>(given: {
  label: string;
  tabs: { key: T; text: string; mark?: ComponentChildren }[];
  value: T;
  onChange: (key: T) => void;
}) {
  const at = given.tabs.findIndex((tab) => tab.key === given.value);
  const turn = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (!by) return;
    event.preventDefault();
    const next = given.tabs[(at + by + given.tabs.length) % given.tabs.length]!;
    given.onChange(next.key);
    const bar = event.currentTarget as HTMLElement;
    bar.querySelector<HTMLElement>(`[data-tab="${next.key}"]`)?.focus();
  };
  return (
    <div class="desk-tabs" role="tablist" aria-label={given.label} onKeyDown={turn}>
      {given.tabs.map((tab) => (
        <button
          type="button"
          role="tab"
          key={tab.key}
          data-tab={tab.key}
          aria-selected={tab.key === given.value}
          tabIndex={tab.key === given.value ? 0 : -1}
          onClick={() => given.onChange(tab.key)}
        >
          {tab.text}
          {tab.mark}
        </button>
      ))}
    </div>
  );
}

/** A figure before and after, its step with arrow and sign, and better or worse in words. */
export function FigureRow({ row, label }: { row: FigureChange; label?: string }) {
  const step = tell.step(row.figure, row.before, row.after);
  const isUp = row.before !== null && row.after !== null && row.after > row.before;
  const isSame =
    row.tone === 'same' ||
    tell.figure(row.figure, row.before) === tell.figure(row.figure, row.after);
  const tone = isSame ? 'same' : row.tone;
  return (
    <tr class={`desk-figure desk-figure-${tone}`} data-figure={row.figure}>
      <th scope="row">{label ?? say(`edit_figure_${row.figure}`)}</th>
      <td>{tell.figure(row.figure, row.before)}</td>
      <td>{tell.figure(row.figure, row.after)}</td>
      <td class="desk-step">
        {isSame ? (
          <span class="desk-none">{say('edit_same')}</span>
        ) : (
          <>
            {step && (
              <span class="desk-by">
                <span aria-hidden="true">{isUp ? '▲' : '▼'}</span> {step}
              </span>
            )}
            {(tone === 'better' || tone === 'worse') && (
              <span class="desk-tone">{say(tone === 'better' ? 'edit_better' : 'edit_worse')}</span>
            )}
          </>
        )}
      </td>
    </tr>
  );
}

export function FigureTable(given: {
  caption: string;
  rows: FigureChange[];
  heads?: [string, string];
}) {
  const [before, after] = given.heads ?? [say('edit_before'), say('edit_after')];
  return (
    <table class="desk-table desk-figures">
      <caption>{given.caption}</caption>
      <thead>
        <tr>
          <th scope="col">
            <span class="ui-offstage">{say('edit_figure')}</span>
          </th>
          <th scope="col">{before}</th>
          <th scope="col">{after}</th>
          <th scope="col">{say('edit_change')}</th>
        </tr>
      </thead>
      <tbody>
        {given.rows.map((row) => (
          <FigureRow key={row.figure} row={row} />
        ))}
      </tbody>
    </table>
  );
}

const PATHS: Record<string, string> = {
  pan: 'M8 12V5a1.5 1.5 0 0 1 3 0v6V3.8a1.5 1.5 0 0 1 3 0V11V5.2a1.5 1.5 0 0 1 3 0V12v-2.6a1.5 1.5 0 0 1 3 0V15c0 4-2.5 6.5-6.5 6.5-3 0-4.6-1.3-6-3.5L4.3 13.3a1.6 1.6 0 0 1 2.6-1.8z',
  tap: 'M9 9l5.5 12 1.8-5 5-1.8zM5 3v3M3 5h3M10.5 3.5L9 6M3.5 10.5L6 9',
  box: 'M4 4h4M11 4h3M17 4h3v3M20 10v4M20 17v3h-3M14 20h-4M7 20H4v-3M4 14v-4M4 7V4',
  lasso:
    'M12 4c5 0 9 2.5 9 6s-4 6-9 6c-1.5 0-3-.2-4.2-.7M12 4c-5 0-9 2.5-9 6 0 2 1.5 3.8 3.7 4.9M8 15.3c1 1.5.5 3.5-1 4.7M8 15.3a2 2 0 1 1-2.5 2',
  undo: 'M9 7L4 12l5 5M4 12h10a6 6 0 0 1 6 6',
  redo: 'M15 7l5 5-5 5M20 12H10a6 6 0 0 0-6 6',
  clear: 'M5 5l14 14M19 5L5 19',
  close: 'M6 6l12 12M18 6L6 18',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  unlock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 6.7-1.4',
  place:
    'M12 21s-6-5.7-6-11a6 6 0 0 1 12 0c0 5.3-6 11-6 11zM12 12a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4',
  leave: 'M14 4H5v16h9M10 12h11M17 8l4 4-4 4',
  give: 'M3 12h13M11 6l6 6-6 6M21 4v16',
  mend: 'M4 20l9-9M14 4l.8 2.2L17 7l-2.2.8L14 10l-.8-2.2L11 7l2.2-.8zM19 12l.6 1.4 1.4.6-1.4.6L19 16l-.6-1.4-1.4-.6 1.4-.6z',
};

/** A drawn sign; words stand beside it or in the button's label. */
export function Icon({ name }: { name: string }) {
  return (
    <svg
      class="desk-sign"
      viewBox="0 0 24 24"
      width="20"
      height="20"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name] ?? ''} />
    </svg>
  );
}
