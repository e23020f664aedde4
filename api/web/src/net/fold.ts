/** The layout as people see it: what the server has, and all that waits on top. (Owner: C) */
import { EditError, Sheet } from '../model/edits';
import type { Ground } from '../model/ground';
import type { Edit } from '../model/types';
import { type Book, dependents, newRecord, type Reason, type Waiting } from './book';
import type { LogEntry } from './calls';
import type { Mirror } from './mirror';

/** Return what the server has with everything on top that waits. */
export function folded(book: Book, mirror: Mirror, ground: Ground): Sheet {
  const sheet = new Sheet(mirror.base, ground);
  for (const record of book.records) {
    const { state, revision } = record;
    const isIn = revision !== null && revision <= mirror.revision;
    if (isIn || state === 'conflict' || state === 'refused') continue;
    if (state === 'saved' || record.kind === 'undo') {
      for (const entry of record.entries) sheet.write({ ...entry, before: sheet.valueOf(entry) });
      continue;
    }
    try {
      const codes = record.codes.slice();
      sheet.attempt(record.edits, () => codes.shift()!);
    } catch (error) {
      // it builds on something that is in dispute; sending it will tell
      if (!(error instanceof EditError)) throw error;
    }
  }
  return sheet;
}

/**
 * Return the record of some edits on top of all that waits, with the codes that it had if it is
 * done again. Throws `EditError` where they cannot be done.
 */
export function recordOn(
  book: Book,
  mirror: Mirror,
  ground: Ground,
  edits: Edit[],
  note: string,
  had: readonly string[] = [],
): Waiting {
  const codes: string[] = [];
  const entries = folded(book, mirror, ground).attempt(edits, () => {
    const code = had[codes.length] ?? `new:${book.nextCode++}`;
    codes.push(code);
    return code;
  });
  if (entries.length === 0) {
    throw new EditError('fault_nothing');
  }
  return newRecord({ edits, note, codes, entries, seen: mirror.revision });
}

/** An edit of mine that others were faster than: both sides, to choose one. */
export interface Conflict {
  id: string;
  edit: Waiting;
  theirs: LogEntry[];
  /** who made them */
  who: string;
  /** later edits of mine that build on this one */
  builtOn: Waiting[];
}

/** An edit that was put aside; it stays here until it is discarded or sent again. */
export interface Refused {
  id: string;
  edit: Waiting;
  reason: Reason;
}

/** Return what was put aside in a book, and waits for somebody to decide. */
export function asideIn(book: Book): { conflicts: Conflict[]; refused: Refused[] } {
  const conflicts: Conflict[] = [];
  const refused: Refused[] = [];
  for (const edit of book.records) {
    const { id, theirs, who, reason } = edit;
    if (edit.state === 'conflict') {
      conflicts.push({ id, edit, theirs, who, builtOn: dependents(book, id) });
    } else if (edit.state === 'refused') {
      refused.push({ id, edit, reason: reason! });
    }
  }
  return { conflicts, refused };
}
