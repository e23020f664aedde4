/** Small pieces of which all cards are made. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { copyText, notify, select } from '../app/actions';
import { isSame } from '../app/address';
import { ground, hovered, layout, selected } from '../app/state';
import type { Subject } from '../model/types';
import { say } from '../words';
import { titleOf } from './format';
import { Icon } from './icons';

interface HeadProps {
  kind: string;
  title: string;
  code?: string;
  colour?: string | null;
  children?: ComponentChildren;
}

export function Head({ kind, title, code, colour, children }: HeadProps) {
  return (
    <header class="card-head">
      <div class="card-kind">
        {colour && <span class="card-swatch" style={{ background: colour }} />}
        <span>{kind}</span>
        {code && <code class="card-code">{code}</code>}
      </div>
      <h2 class="card-title" tabIndex={-1}>
        {title}
      </h2>
      {children}
    </header>
  );
}

export interface Figure {
  value: string;
  word: string;
  note?: string;
}

export function Figures({ all }: { all: Figure[] }) {
  return (
    <dl class="card-figures">
      {all.map((one) => (
        <div key={one.word}>
          <dt>{one.word}</dt>
          <dd>
            {one.value}
            {one.note && <small>{one.note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export type FactRow = [word: string, value: ComponentChildren] | null | false;

export function Facts({ rows }: { rows: FactRow[] }) {
  return (
    <dl class="card-facts">
      {rows.map(
        (row) =>
          row &&
          row[1] !== null &&
          row[1] !== undefined &&
          row[1] !== '' && (
            <div key={row[0]}>
              <dt>{row[0]}</dt>
              <dd>{row[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** What a row or link does when it is pointed at: the map shows the same. */
export function pointing(subject: Subject) {
  const on = () => {
    hovered.value = subject;
  };
  const off = () => {
    if (isSame(hovered.value, subject)) hovered.value = null;
  };
  return { onMouseEnter: on, onMouseLeave: off, onFocus: on, onBlur: off };
}

/** Select and fly; a row that goes with its list hands the focus on to the card. */
export function goTo(subject: Subject): void {
  select(subject, { fly: true });
  setTimeout(() => {
    const now = document.activeElement;
    if (now === null || now === document.body) {
      document.querySelector<HTMLElement>('#panel .card-title')?.focus({ preventScroll: true });
    }
  }, 50);
}

export function Go({ to, children }: { to: Subject; children?: ComponentChildren }) {
  return (
    <button type="button" class="ui-link" {...pointing(to)} onClick={() => goTo(to)}>
      {children ?? titleOf(to, ground.value, layout.value)}
    </button>
  );
}

export interface Item {
  subject: Subject;
  title: string;
  figure: string;
  tag?: string;
  tagTitle?: string;
}

/** more rows than this are shown on demand */
const AT_FIRST = 12;

export function List({ title, items }: { title: string; items: Item[] }) {
  const [isAll, setAll] = useState(false);
  const some = isAll ? items : items.slice(0, AT_FIRST);
  return (
    <section class="card-part">
      <h3>
        {title}
        <span class="card-count">{items.length}</span>
      </h3>
      <ul class="card-list">
        {some.map((item) => (
          <li key={item.title + item.figure + JSON.stringify(item.subject)}>
            <button
              type="button"
              class={`card-row${isSame(hovered.value, item.subject) ? ' is-hovered' : ''}${
                isSame(selected.value, item.subject) ? ' is-selected' : ''
              }`}
              {...pointing(item.subject)}
              onClick={() => goTo(item.subject)}
            >
              <span class="card-row-name">
                {item.title}
                {item.tag && (
                  <span class="ui-tag" title={item.tagTitle}>
                    {item.tag}
                  </span>
                )}
              </span>
              <span class="card-row-figure">{item.figure}</span>
            </button>
          </li>
        ))}
      </ul>
      {some.length < items.length && (
        <button type="button" class="ui-button ui-button-small" onClick={() => setAll(true)}>
          {say('card_all', { n: items.length })}
        </button>
      )}
    </section>
  );
}

/** A permanent address, to be sent or written down. */
export function Share({ path }: { path: string }) {
  const address = new URL(path, document.baseURI).href;
  const copy = async () => {
    const isDone = await copyText(address);
    notify(say(isDone ? 'card_copied' : 'card_copy_yourself'), isDone ? 'good' : 'info');
  };
  return (
    <section class="card-part">
      <h3>{say('card_address')}</h3>
      <div class="card-share">
        <input
          type="text"
          readOnly
          value={address}
          aria-label={say('card_address')}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button type="button" class="ui-button ui-button-small" onClick={() => void copy()}>
          <Icon name="link" size={16} />
          {say('card_copy')}
        </button>
      </div>
    </section>
  );
}
