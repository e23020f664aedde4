/** Sends one record of the book: looks first, says what became of it. (Owner: C) */
import { EditError, Sheet } from '../model/edits';
import {
  codesGiven,
  editsOf,
  isSame,
  joined,
  subjectsOf,
  temporaryIn,
  touchedByEdits,
  touchedByLog,
} from '../model/effects';
import type { Ground } from '../model/ground';
import { membersOf } from '../model/layout';
import type { Edit } from '../model/types';
import {
  type Book,
  drop,
  type Reason,
  recordOf,
  refuse,
  settle,
  vanish,
  type Waiting,
} from './book';
import { postMoves, type Revision, undoRevision } from './calls';
import type { Mirror } from './mirror';
import type { Outbox } from './outbox';
import { OfflineError, type Options, ServerError } from './server';

/** a server that stumbles so often over one edit will go on doing so */
const MOST_STUMBLES = 5;
/** so often others may be faster before we wait a little */
const MOST_RACES = 10;

export interface Post {
  plan: number;
  me: string;
  ground: Ground;
  mirror: Mirror;
  outbox: Outbox;
  options: Options;
}

type Order = { edits: Edit[] } | { undo: number };

/** Send a record, or find out that it need not or cannot be. Throws if no answer came, or 401. */
export async function sendRecord(post: Post, record: Waiting): Promise<void> {
  const { mirror, outbox } = post;
  if (record.sentAt !== null) {
    // the answer to an earlier attempt was lost, or the page went away before it came
    await mirror.pull();
    if (await claim(post, record)) return;
  }
  const order = await prepare(post, record);
  if (order === null) {
    return;
  }
  const { revision } = mirror;
  const isThere = await outbox.update((book) => {
    const kept = recordOf(book, record.id);
    if (kept?.state !== 'waiting') return false;
    kept.attempts++;
    kept.sentAt = kept.sentAt ?? revision;
    kept.entries = record.entries;
    return true;
  });
  if (!isThere) {
    return;
  }
  const options = { ...post.options, ifMatch: `${post.plan}-${revision}`, rebase: true };
  try {
    const saved =
      'undo' in order
        ? await undoRevision(post.plan, order.undo, options)
        : await postMoves(post.plan, order.edits, record.note, { ...options, verdict: false });
    await settled(post, record, saved);
    await mirror.accept(saved);
  } catch (error) {
    if (!(error instanceof ServerError) || error.status === 401) throw error;
    await refused(post, { ...record, sentAt: record.sentAt ?? revision }, error);
  }
}

async function settled(post: Post, record: Waiting, saved: Revision): Promise<void> {
  const entries = saved.entries.map(({ kind, subject, before, after }) => ({
    kind,
    subject,
    before,
    after,
  }));
  const codes = codesGiven(record.entries, entries);
  await post.outbox.update((book) => settle(book, record.id, saved.revision, entries, codes));
}

/** Find a record's own revision in the log; true if it was saved, as the book knows then. */
async function claim(post: Post, record: Waiting): Promise<boolean> {
  const { mirror, outbox, me } = post;
  const from = record.sentAt ?? record.seen;
  await mirror.reach(from);
  const own = new Set(await outbox.update((book) => book.own));
  for (const one of mirror.since(from)) {
    if (one.made_by !== me || own.has(one.revision)) continue;
    const isIt =
      one.undoes === null
        ? isSame(record.entries, one.entries)
        : record.kind === 'undo' && one.undoes === record.target?.revision;
    if (isIt) {
      await settled(post, record, one);
      return true;
    }
  }
  return false;
}

/** Return what to send; null if the record is dealt with. Its entries are made anew. */
async function prepare(post: Post, record: Waiting): Promise<Order | null> {
  return record.kind === 'undo' ? prepareUndo(post, record) : prepareEdits(post, record);
}

async function prepareEdits(post: Post, record: Waiting): Promise<Order | null> {
  const { mirror, outbox, ground } = post;
  if (temporaryIn(record.edits).size > 0) {
    // the edit that was to make the grid came to nothing
    return putAside(outbox, record, ours('sync_built_on'));
  }
  await mirror.reach(record.seen);
  const own = new Set(await outbox.update((book) => book.own));
  const others = mirror.since(record.seen).filter((one) => !own.has(one.revision));
  const { base } = mirror;
  let fault: EditError | null = null;
  try {
    const codes = record.codes.slice();
    record.entries = new Sheet(base, ground).attempt(record.edits, () => codes.shift()!);
  } catch (error) {
    if (!(error instanceof EditError)) throw error;
    fault = error;
  }
  if (fault === null && record.entries.length === 0) {
    await outbox.update((book) => vanish(book, record.id));
    return null;
  }
  const touched = touchedByEdits(
    record.edits,
    (id) => base.codeOf[ground.rowOf.get(id) ?? -1] ?? '',
    (code) => (membersOf(base).get(code) ?? []).map((row) => ground.courtyards[row]!.id),
  );
  const meets = (one: Revision) => [...touchedByLog(one.entries)].some((it) => touched.has(it));
  const met = others.filter(meets);
  if (met.length > 0) {
    await outbox.update((book) => {
      const kept = recordOf(book, record.id);
      if (kept?.state !== 'waiting') return;
      kept.state = 'conflict';
      kept.theirs = met
        .flatMap((one) => one.entries)
        .filter((entry) => [...touchedByLog([entry])].some((it) => touched.has(it)));
      kept.who = [...new Set(met.map((one) => one.made_by))].join('、');
      kept.at = Date.now();
    });
    return null;
  }
  if (fault !== null) {
    return putAside(outbox, record, { status: 0, detail: detailOf(fault), word: fault.word });
  }
  return { edits: record.edits };
}

async function prepareUndo(post: Post, record: Waiting): Promise<Order | null> {
  const { mirror, outbox, ground } = post;
  const target = record.target!;
  if (target.revision === null) {
    // what was to be taken back was refused itself
    await outbox.update((book) => drop(book, record.id));
    return null;
  }
  await mirror.reach(target.revision);
  const subjects = subjectsOf(target.entries);
  const later = mirror.since(target.revision).flatMap((one) => one.entries);
  if (!later.some(({ kind, subject }) => subjects.has(`${kind}:${subject}`))) {
    return { undo: target.revision };
  }
  // the server takes back only what nobody touched again; if all is as it was, edits do the same
  const sheet = new Sheet(mirror.base, ground);
  const wanted = [...joined(target.entries).values()];
  if (wanted.every((entry) => sheet.valueOf(entry) === entry.before)) {
    await outbox.update((book) => vanish(book, record.id));
    return null;
  }
  const back = [...joined(record.entries).values()];
  // a name cannot be taken away by an edit
  const wantedBack = back.filter(({ kind, after }) => kind !== 'name' || after !== '');
  const edits = editsOf(wantedBack);
  if (wanted.some((entry) => sheet.valueOf(entry) !== entry.after) || edits.length === 0) {
    return putAside(outbox, record, ours('sync_changed_again'));
  }
  record.entries = wantedBack;
  return { edits };
}

async function refused(post: Post, record: Waiting, error: ServerError): Promise<void> {
  const { mirror, outbox } = post;
  try {
    await mirror.pull();
    if (await claim(post, record)) return;
  } catch (failure) {
    // who may no longer read the plan gets the first refusal told
    if (!(failure instanceof ServerError) || failure.status === 401) throw failure;
  }
  if (error.status === 412) {
    // with what was fetched, the next look decides: send again, or a conflict
    if (record.attempts > MOST_RACES) throw new OfflineError(error.message);
    return;
  }
  if (record.kind === 'undo' && error.status === 409 && record.attempts < MOST_STUMBLES) {
    // somebody touched it again in between
    return;
  }
  if (error.status >= 500 && record.attempts < MOST_STUMBLES) {
    throw new OfflineError(error.message);
  }
  const detail = error.detail || error.title;
  await outbox.update((book) =>
    refuse(book, record.id, { status: error.status, detail, word: null }),
  );
}

async function putAside(outbox: Outbox, record: Waiting, reason: Reason): Promise<null> {
  await outbox.update((book: Book) => refuse(book, record.id, reason));
  return null;
}

function ours(word: 'sync_built_on' | 'sync_changed_again'): Reason {
  return { status: 0, detail: '', word };
}

function detailOf(fault: EditError): string {
  return Object.values(fault.values).join(' ');
}
