/** What edits and log entries touch, and how they are told apart. (Owner: C) */
import { type Entry, isTemporary } from './edits';
import type { Edit } from './types';

/** Return what log entries touch: `courtyard:ID`, `grid:CODE`; as the server's folding.py does. */
export function touchedByLog(entries: readonly Entry[]): Set<string> {
  const found = new Set<string>();
  for (const { kind, subject, before, after } of entries) {
    if (kind === 'move') {
      found.add(`courtyard:${subject}`).add(`grid:${before}`).add(`grid:${after}`);
    } else {
      found.add(kind === 'lock' ? subject : `grid:${subject}`);
    }
  }
  return found;
}

/** Return what edits would touch in the newest state; as the server's folding.py does. */
export function touchedByEdits(
  edits: readonly Edit[],
  codeOf: (id: string) => string,
  membersOf: (code: string) => string[],
): Set<string> {
  const found = new Set<string>();
  for (const edit of edits) {
    switch (edit.op) {
      case 'move':
      case 'split':
        for (const id of edit.courtyards) found.add(`courtyard:${id}`).add(`grid:${codeOf(id)}`);
        if (edit.op === 'move') found.add(`grid:${edit.to}`);
        break;
      case 'merge':
        found.add(`grid:${edit.grid}`).add(`grid:${edit.into}`);
        for (const id of membersOf(edit.grid)) found.add(`courtyard:${id}`);
        break;
      case 'rename':
        found.add(`grid:${edit.grid}`);
        break;
      default:
        found.add(edit.subject);
    }
  }
  return found;
}

/** Return the entries that take some back, in the order in which they are to be written. */
export function inverseOf(entries: readonly Entry[]): Entry[] {
  return entries
    .map(({ kind, subject, before, after }) => ({ kind, subject, before: after, after: before }))
    .reverse();
}

/** Return edits that do what entries tell; a name cannot be taken away. */
export function editsOf(entries: readonly Entry[]): Edit[] {
  const moves = new Map<string, string[]>();
  const [before, after, names]: [Edit[], Edit[], Edit[]] = [[], [], []];
  for (const entry of entries) {
    if (entry.kind === 'move') {
      const ids = moves.get(entry.after);
      if (ids) ids.push(entry.subject);
      else moves.set(entry.after, [entry.subject]);
    } else if (entry.kind === 'name') {
      if (entry.after !== '') names.push({ op: 'rename', grid: entry.subject, name: entry.after });
    } else if (entry.after === '') {
      // what is locked must be let go before it can move
      before.push({ op: 'unlock', subject: entry.subject });
    } else {
      after.push({ op: 'lock', subject: entry.subject });
    }
  }
  const moved = [...moves].map(([to, courtyards]): Edit => ({ op: 'move', courtyards, to }));
  return [...before, ...moved, ...names, ...after];
}

/** Return what entries and edits speak of, to tell whether one builds on another. */
export function subjectsOf(entries: readonly Entry[]): Set<string> {
  return new Set(entries.map(({ kind, subject }) => `${kind}:${subject}`));
}

/** Return the stand-in codes that edits name. */
export function temporaryIn(edits: readonly Edit[]): Set<string> {
  const found = new Set<string>();
  const see = (code: string) => {
    if (isTemporary(code)) found.add(code);
  };
  for (const edit of edits) {
    if (edit.op === 'move') see(edit.to);
    else if (edit.op === 'merge') {
      see(edit.grid);
      see(edit.into);
    } else if (edit.op === 'rename') see(edit.grid);
    else if (edit.op !== 'split') see(edit.subject.replace(/^grid:/, ''));
  }
  return found;
}

export type Codes = ReadonlyMap<string, string>;

function subjectWith(subject: string, codes: Codes): string {
  return subject.startsWith('grid:')
    ? `grid:${codes.get(subject.slice(5)) ?? subject.slice(5)}`
    : subject;
}

/** Return edits with the real codes in place of the stand-ins. */
export function editsWith(edits: readonly Edit[], codes: Codes): Edit[] {
  const real = (code: string) => codes.get(code) ?? code;
  return edits.map((edit) => {
    switch (edit.op) {
      case 'move':
        return { ...edit, to: real(edit.to) };
      case 'merge':
        return { ...edit, grid: real(edit.grid), into: real(edit.into) };
      case 'rename':
        return { ...edit, grid: real(edit.grid) };
      case 'split':
        return edit;
      default:
        return { ...edit, subject: subjectWith(edit.subject, codes) };
    }
  });
}

/** Return entries with the real codes in place of the stand-ins. */
export function entriesWith(entries: readonly Entry[], codes: Codes): Entry[] {
  const real = (code: string) => codes.get(code) ?? code;
  return entries.map((entry) => {
    if (entry.kind === 'move') {
      return { ...entry, before: real(entry.before), after: real(entry.after) };
    }
    const subject = entry.kind === 'name' ? real(entry.subject) : subjectWith(entry.subject, codes);
    return { ...entry, subject };
  });
}

/** Join the entries of one subject into one, from its first state to its last. */
export function joined(entries: readonly Entry[]): Map<string, Entry> {
  const found = new Map<string, Entry>();
  for (const entry of entries) {
    const key = `${entry.kind}:${entry.subject}`;
    found.set(key, { ...entry, before: found.get(key)?.before ?? entry.before });
  }
  for (const [key, { before, after }] of found) {
    if (before === after) found.delete(key);
  }
  return found;
}

/** Return which code each stand-in got, by where its courtyards went. */
export function codesGiven(
  expected: readonly Entry[],
  told: readonly Entry[],
): Map<string, string> {
  const actual = joined(told);
  const codes = new Map<string, string>();
  for (const { kind, subject, after } of joined(expected).values()) {
    const found = kind === 'move' ? actual.get(`move:${subject}`) : undefined;
    if (found && isTemporary(after)) codes.set(after, found.after);
  }
  return codes;
}

/** Return whether a revision's entries are those that were expected; new grids may have any code. */
export function isSame(expected: readonly Entry[], told: readonly Entry[]): boolean {
  const codes = codesGiven(expected, told);
  const actual = joined(told);
  const wanted = joined(expected);
  if (wanted.size !== actual.size) {
    return false;
  }
  for (const own of wanted.values()) {
    const [entry] = entriesWith([own], codes) as [Entry];
    const found = actual.get(`${entry.kind}:${entry.subject}`);
    // the server names a new grid as it likes
    const isNew = own.kind === 'name' && isTemporary(own.subject);
    if (found?.before !== entry.before || (!isNew && found.after !== entry.after)) return false;
  }
  return true;
}
