/** The book of what was done and is not saved yet, and of what can be undone. Pure. (Owner: C) */

import type { Entry } from '../model/edits';
import {
  type Codes,
  editsOf,
  editsWith,
  entriesWith,
  inverseOf,
  subjectsOf,
  temporaryIn,
} from '../model/effects';
import type { Edit } from '../model/types';
import type { LogEntry } from './calls';

/** Why an edit was put aside: the server's status and words, or a word of ours. */
export interface Reason {
  /** 0: found before it was sent */
  status: number;
  detail: string;
  /** key of the words, if the reason is ours */
  word: string | null;
}

/** Something saved or to be saved: what it did, and its revision once there is one. */
export interface Target {
  id: string;
  revision: number | null;
  entries: Entry[];
}

/** One revision to be: edits, or the taking back of another record. */
export interface Waiting {
  id: string;
  kind: 'edits' | 'undo';
  /** of the taking back: what it does, if it must be said in edits */
  edits: Edit[];
  target: Target | null;
  note: string;
  /** stand-in codes of the grids it makes, in the order of its splits */
  codes: string[];
  /** what it changes, as the log will tell it */
  entries: Entry[];
  /** newest revision that was on the screen when it was made */
  seen: number;
  /** how often it was sent since it last was let go */
  attempts: number;
  /** newest revision known when it was first sent: it may be in the log after that; null: never */
  sentAt: number | null;
  state: 'waiting' | 'saved' | 'conflict' | 'refused';
  revision: number | null;
  /** milliseconds, of the last change of state */
  at: number;
  theirs: LogEntry[];
  who: string;
  reason: Reason | null;
}

/** One thing that people take back and do again; `tip` is what was done last to it. */
export interface Item {
  id: string;
  tip: Target | null;
  isDone: boolean;
  /** to do it again, if it was taken back before it was sent */
  edits: Edit[];
  codes: string[];
  note: string;
}

export interface Book {
  records: Waiting[];
  items: Item[];
  /** revisions that came from this book */
  own: number[];
  /** real codes of stand-ins, newest last */
  codes: [string, string][];
  nextCode: number;
  lease: { owner: string; until: number } | null;
}

const MOST_ITEMS = 200;
const MOST_KEPT = 500;
/** saved records stay so long, for tabs that have not seen the revision yet */
const KEEP_MS = 60_000;

export function emptyBook(): Book {
  return { records: [], items: [], own: [], codes: [], nextCode: 1, lease: null };
}

/** Return an identifier; randomUUID is not there on plain http. */
export function makeId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function recordOf(book: Book, id: string): Waiting | undefined {
  return book.records.find((record) => record.id === id);
}

function itemOf(book: Book, id: string): Item | undefined {
  return book.items.find((item) => item.tip?.id === id);
}

export function newRecord(given: Partial<Waiting> & Pick<Waiting, 'edits' | 'seen'>): Waiting {
  return {
    id: makeId(),
    kind: 'edits',
    target: null,
    note: '',
    codes: [],
    entries: [],
    attempts: 0,
    sentAt: null,
    state: 'waiting',
    revision: null,
    at: Date.now(),
    theirs: [],
    who: '',
    reason: null,
    ...given,
  };
}

/** Return whether `later` builds on `earlier`: the same subject, or a grid that it makes. */
export function buildsOn(later: Waiting, earlier: Waiting): boolean {
  if (later.target?.id === earlier.id) return true;
  const named = temporaryIn(later.edits);
  if (earlier.codes.some((code) => named.has(code))) return true;
  const subjects = subjectsOf(earlier.entries);
  return later.entries.some(({ kind, subject }) => subjects.has(`${kind}:${subject}`));
}

/** Return the records after one that wait and build on it, or on others that do. */
export function dependents(book: Book, id: string): Waiting[] {
  const at = book.records.findIndex((record) => record.id === id);
  const found = [book.records[at]!];
  for (const record of book.records.slice(at + 1)) {
    const isOpen = record.state === 'waiting' || record.state === 'conflict';
    if (isOpen && found.some((earlier) => buildsOn(record, earlier))) found.push(record);
  }
  return found.slice(1);
}

/** Return the first record that may be sent; those that build on a conflict wait for it. */
export function nextToSend(book: Book): Waiting | null {
  const held: Waiting[] = [];
  for (const record of book.records) {
    const isHeld = held.some((earlier) => buildsOn(record, earlier));
    if (record.state === 'conflict') held.push(record);
    else if (record.state === 'waiting' && !isHeld) return record;
    else if (record.state === 'waiting') held.push(record);
  }
  return null;
}

/** Note a new edit: it can be taken back, and what was taken back before cannot come again. */
export function addEdit(book: Book, record: Waiting): void {
  book.records.push(record);
  book.items = book.items.filter((item) => item.isDone);
  const tip = { id: record.id, revision: null, entries: record.entries };
  const { edits, codes, note } = record;
  book.items.push({ id: makeId(), tip, isDone: true, edits, codes, note });
  book.items = book.items.slice(-MOST_ITEMS);
}

/** Return what undo or redo would act on; records put aside wait for their own decision. */
export function itemFor(book: Book, way: 'undo' | 'redo'): Item | null {
  const free = book.items.filter(({ tip }) => {
    const state = tip === null ? undefined : recordOf(book, tip.id)?.state;
    return state !== 'conflict' && state !== 'refused';
  });
  if (way === 'undo') {
    const done = free.filter((item) => item.isDone);
    return done[done.length - 1] ?? null;
  }
  return free.find((item) => !item.isDone) ?? null;
}

/** Return whether a record can be taken out as if it had never been. */
export function isUnsent(book: Book, id: string): boolean {
  const record = recordOf(book, id);
  return record?.state === 'waiting' && record.sentAt === null && dependents(book, id).length === 0;
}

export function removeRecord(book: Book, id: string): void {
  book.records = book.records.filter((record) => record.id !== id);
}

/** Note that a record was saved as a revision, and which codes its grids got. */
export function settle(book: Book, id: string, revision: number, entries: Entry[], codes: Codes) {
  const record = recordOf(book, id);
  if (record === undefined || record.state === 'saved') {
    return;
  }
  record.state = 'saved';
  record.revision = revision;
  record.at = Date.now();
  book.own = [...book.own, revision].slice(-MOST_KEPT);
  replaceCodes(book, codes);
  record.entries = entries;
  for (const target of targetsOf(book, id)) {
    target.revision = revision;
    target.entries = entries;
  }
}

function targetsOf(book: Book, id: string): Target[] {
  const tips = book.items.map((item) => item.tip);
  const targets = book.records.map((record) => record.target);
  return [...tips, ...targets].filter((one): one is Target => one?.id === id);
}

function replaceCodes(book: Book, codes: Codes): void {
  if (codes.size === 0) {
    return;
  }
  book.codes = [...book.codes, ...codes].slice(-MOST_KEPT);
  for (const record of book.records) {
    record.edits = editsWith(record.edits, codes);
    record.entries = entriesWith(record.entries, codes);
    record.codes = record.codes.map((code) => codes.get(code) ?? code);
    if (record.target) record.target.entries = entriesWith(record.target.entries, codes);
  }
  for (const item of book.items) {
    item.edits = editsWith(item.edits, codes);
    item.codes = item.codes.map((code) => codes.get(code) ?? code);
    if (item.tip) item.tip.entries = entriesWith(item.tip.entries, codes);
  }
}

/** Take a record off the book, with all that takes it back; what it took back stands as before. */
export function drop(book: Book, id: string): void {
  const record = recordOf(book, id);
  if (record === undefined) {
    return;
  }
  for (const other of book.records.filter(({ target }) => target?.id === id)) drop(book, other.id);
  const item = itemOf(book, id);
  removeRecord(book, id);
  if (item === undefined) {
    return;
  }
  if (record.kind === 'undo') {
    item.tip = record.target;
    item.isDone = !item.isDone;
  } else {
    book.items = book.items.filter((one) => one !== item);
  }
}

/** Take off a record that turned out to change nothing: everything is already so. */
export function vanish(book: Book, id: string): void {
  const item = itemOf(book, id);
  removeRecord(book, id);
  if (item) item.tip = null;
}

/**
 * Take an item back, or do it again: what was never sent is taken out, what was is followed by a
 * record that takes it back. `record` makes the record of what is done again from its edits.
 */
export function flip(book: Book, item: Item, seen: number, record: (item: Item) => Waiting): void {
  const { tip } = item;
  const known = tip !== null && (tip.revision !== null || recordOf(book, tip.id) !== undefined);
  if (known && isUnsent(book, tip.id)) {
    const taken = recordOf(book, tip.id)!;
    removeRecord(book, tip.id);
    item.tip = taken.target;
  } else if (known) {
    const entries = inverseOf(tip.entries);
    const made = newRecord({ kind: 'undo', edits: editsOf(entries), entries, target: tip, seen });
    book.records.push(made);
    item.tip = { id: made.id, revision: null, entries };
  } else if (!item.isDone) {
    const made = record(item);
    book.records.push(made);
    item.tip = { id: made.id, revision: null, entries: made.entries };
  }
  item.isDone = !item.isDone;
}

/** Put a record aside with its reason. */
export function refuse(book: Book, id: string, reason: Reason): void {
  const record = recordOf(book, id);
  if (record) {
    record.state = 'refused';
    record.reason = reason;
    record.at = Date.now();
  }
}

/** Let a record that was put aside be sent anew, by somebody who has seen all up to `seen`. */
export function sendAgain(book: Book, id: string, seen: number): void {
  const record = recordOf(book, id);
  if (record === undefined) {
    return;
  }
  for (const one of [record, ...dependents(book, id)]) one.seen = Math.max(one.seen, seen);
  record.state = 'waiting';
  record.attempts = 0;
  record.theirs = [];
  record.who = '';
  record.reason = null;
  record.at = Date.now();
}

/** Forget saved records that every tab has seen by now. */
export function prune(book: Book, now: number): void {
  book.records = book.records.filter(
    ({ state, at }) => state !== 'saved' || Math.abs(now - at) < KEEP_MS,
  );
}

/** Take or keep the right to send; false if another tab has it. */
export function takeLease(book: Book, owner: string, now: number, forMs: number): boolean {
  const { lease } = book;
  // a clock that was set back must not shut everybody out
  const isHeld = lease !== null && lease.until > now && lease.until < now + 10 * forMs;
  if (isHeld && lease.owner !== owner) {
    return false;
  }
  book.lease = { owner, until: now + forMs };
  return true;
}
