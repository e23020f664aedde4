/** One box for everything: addresses, courtyards, codes, communities, beats. */
import { computed, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { forgetRecent, keepRecent, type Recent, recentOnes } from '../app/actions';
import { keyOf } from '../app/address';
import { known } from '../app/boot';
import { ground, isNarrow, language, layout } from '../app/state';
import { find, makeIndex } from '../model/search';
import type { Subject } from '../model/types';
import { say, type Word } from '../words';
import { type Hit, locate, looksLikeAddress } from './asked';
import { titleOf } from './format';
import { Icon, type IconName } from './icons';
import { goTo } from './parts';

const MOST = 30;
/** fewer hits than this and the service is asked too */
const FEW = 3;
const PAUSE_MS = 350;

const text = signal('');
const isOpen = signal(false);
const active = signal(-1);
const fromServer = signal<{ asked: string; state: 'asking' | 'done' | 'failed'; hits: Hit[] }>({
  asked: '',
  state: 'done',
  hits: [],
});

const index = computed(() => {
  const [land, lay] = [ground.value, layout.value];
  // names are written in the reader's language
  void language.value;
  return land && lay ? makeIndex(land, lay) : null;
});

const local = computed<Hit[]>(() => {
  const typed = text.value.trim();
  if (typed === '' || !index.value) return [];
  return find(index.value, typed, MOST).map((hit) => ({
    ...hit,
    // as the card calls it
    title:
      hit.subject.kind === 'grid' ? titleOf(hit.subject, ground.value, layout.value) : hit.title,
    isFar: false,
  }));
});

const hits = computed<Hit[]>(() => {
  const near = local.value;
  const seen = new Set(near.map((hit) => keyOf(hit.subject)));
  const more = fromServer.value.asked === text.value.trim() ? fromServer.value.hits : [];
  return near.concat(more.filter((hit) => !seen.has(keyOf(hit.subject))));
});

const ICONS: Record<Subject['kind'], IconName> = {
  courtyard: 'courtyard',
  grid: 'grid',
  community: 'community',
  subdistrict: 'map',
  beat: 'beat',
};

let timer: ReturnType<typeof setTimeout> | undefined;

function onType(typed: string): void {
  text.value = typed;
  isOpen.value = true;
  active.value = hits.value.length > 0 ? 0 : -1;
  clearTimeout(timer);
  const asked = typed.trim();
  if (local.value.length < FEW && looksLikeAddress(asked)) {
    timer = setTimeout(() => void ask(asked), PAUSE_MS);
  }
}

async function ask(asked: string): Promise<void> {
  fromServer.value = { asked, state: 'asking', hits: [] };
  try {
    const found = (await locate(asked)).filter((hit) => known(hit.subject) !== null);
    if (fromServer.value.asked !== asked) return;
    fromServer.value = { asked, state: 'done', hits: found };
    if (active.value < 0 && hits.value.length > 0) active.value = 0;
  } catch {
    if (fromServer.value.asked === asked) fromServer.value = { asked, state: 'failed', hits: [] };
  }
}

/** Put the cursor into the box. */
export function focusFind(): void {
  document.getElementById('find-input')?.focus();
}

function choose(one: Recent): void {
  isOpen.value = false;
  text.value = one.title;
  keepRecent({ subject: one.subject, title: one.title });
  document.getElementById('find-input')?.blur();
  goTo(one.subject);
}

export function Find() {
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const typed = text.value.trim();
  const recent = typed === '' ? recentOnes().filter((one) => known(one.subject)) : [];
  const rows: Recent[] = typed === '' ? recent : hits.value;
  const isShown = isOpen.value && ground.value !== null;
  const at = Math.min(active.value, rows.length - 1);

  useEffect(() => {
    // "/" goes to the box, as on many pages with one
    const onKey = (event: KeyboardEvent) => {
      const tag = (event.target as HTMLElement).tagName;
      if (event.key !== '/' || tag === 'INPUT' || tag === 'TEXTAREA' || tag === 'SELECT') return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  const move = (to: number) => {
    if (rows.length === 0) return;
    active.value = (to + rows.length) % rows.length;
    list.current?.querySelector(`#find-hit-${active.value}`)?.scrollIntoView({ block: 'nearest' });
  };

  const onKey = (event: KeyboardEvent) => {
    // Enter of an input method chooses signs, not hits
    if (event.isComposing) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      isOpen.value = true;
      move(at + (event.key === 'ArrowDown' ? 1 : -1));
    } else if (event.key === 'Enter') {
      const one = rows[Math.max(at, 0)];
      if (isShown && one) {
        event.preventDefault();
        choose(one);
      }
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      if (isOpen.value && rows.length > 0) isOpen.value = false;
      else if (text.value !== '') onType('');
      else input.current?.blur();
    }
  };

  return (
    <search
      class="find"
      onFocusOut={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node)) isOpen.value = false;
      }}
    >
      <span class="find-lens">
        <Icon name="search" size={18} />
      </span>
      <input
        ref={input}
        id="find-input"
        class="find-input"
        type="text"
        role="combobox"
        inputMode="search"
        enterKeyHint="search"
        autoComplete="off"
        spellcheck={false}
        placeholder={say(isNarrow.value ? 'find_short' : 'find_box')}
        aria-label={say('find_box')}
        aria-autocomplete="list"
        aria-expanded={isShown && rows.length > 0}
        aria-controls="find-list"
        aria-activedescendant={isShown && at >= 0 ? `find-hit-${at}` : undefined}
        value={text.value}
        onInput={(event) => onType(event.currentTarget.value)}
        onFocus={() => {
          isOpen.value = true;
          active.value = typed === '' ? -1 : 0;
        }}
        onKeyDown={onKey}
      />
      {text.value !== '' && (
        <button
          type="button"
          class="ui-bare find-clear"
          aria-label={say('find_clear')}
          onClick={() => {
            onType('');
            input.current?.focus();
          }}
        >
          <Icon name="close" size={18} />
        </button>
      )}
      <div class="find-results" hidden={!isShown || (typed === '' && rows.length === 0)}>
        {typed === '' && rows.length > 0 && (
          <p class="find-head">
            <span>{say('find_recent')}</span>
            <button
              type="button"
              class="ui-link"
              onClick={() => {
                forgetRecent();
                isOpen.value = false;
              }}
            >
              {say('find_forget')}
            </button>
          </p>
        )}
        <div id="find-list" ref={list} role="listbox" aria-label={say('find_results')}>
          {rows.map((row, i) => (
            <Row key={keyOf(row.subject)} row={row} i={i} isActive={i === at} />
          ))}
        </div>
        <Said typed={typed} n={rows.length} />
      </div>
    </search>
  );
}

function Row({ row, i, isActive }: { row: Recent & Partial<Hit>; i: number; isActive: boolean }) {
  const { subject } = row;
  const kind = subject.kind === 'grid' && subject.layer === 'basic_grids' ? 'basic' : subject.kind;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the box above has the keys, as a combobox has it
    <div
      id={`find-hit-${i}`}
      class={`find-hit${isActive ? ' is-active' : ''}`}
      role="option"
      tabIndex={-1}
      aria-selected={isActive}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => choose(row)}
    >
      <Icon name={row.detail === undefined ? 'clock' : ICONS[subject.kind]} size={18} />
      <span class="find-words">
        <span class="find-title">{row.title}</span>
        <span class="find-detail">
          {say(`kind_${kind}` as Word)}
          {row.detail ? ` · ${row.detail}` : ''}
        </span>
      </span>
      {row.isFar && <span class="ui-tag">{say('find_by_service')}</span>}
    </div>
  );
}

/** What else there is to say under the list; read out when it changes. */
function Said({ typed, n }: { typed: string; n: number }) {
  const far = fromServer.value;
  const isAsking = far.asked === typed && far.state === 'asking';
  return (
    <div role="status" aria-live="polite" class="find-said">
      {isAsking && <p>{say('find_asking')}</p>}
      {typed !== '' && n === 0 && !isAsking && (
        <>
          <p>{say('find_nothing', { text: typed })}</p>
          <p class="find-hint">{say('find_hint')}</p>
        </>
      )}
      {typed !== '' && n > 0 && <p class="ui-offstage">{say('find_n', { n })}</p>}
      {n >= MOST && <p class="find-hint">{say('find_more')}</p>}
    </div>
  );
}
