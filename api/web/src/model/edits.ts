/** What edits do to a layout; the same as the server's `geogrid/store/folding.py`. */
import type { Ground } from './ground';
import { type GridFacts, type Layout, membersOf, serialOf } from './layout';
import type { Edit } from './types';
import { gridFigures, type Walks } from './walks';

/** Why an edit cannot be: `word` is a key of the words, `values` fill its places. */
export class EditError extends Error {
  constructor(
    readonly word:
      | 'fault_locked_courtyard'
      | 'fault_locked_grid'
      | 'fault_nothing'
      | 'fault_self'
      | 'fault_subject'
      | 'fault_two_communities'
      | 'fault_unknown_courtyard'
      | 'fault_unknown_grid',
    readonly values: Record<string, string | number> = {},
  ) {
    super(word);
    this.name = 'EditError';
  }
}

/** Make codes for grids that are not saved yet: new:1, new:2 … */
export function countingCodes(from = 1): (community: string) => string {
  let next = from;
  return () => `new:${next++}`;
}

/** Return whether a code is only a stand-in until the server has given the real one. */
export function isTemporary(code: string): boolean {
  return code.startsWith('new:');
}

/** One change of a layout, as the log keeps it: a courtyard's grid, a grid's name, a lock. */
export interface Entry {
  kind: 'move' | 'name' | 'lock';
  subject: string;
  before: string;
  after: string;
}

const LOCKED = '1';

/** A layout that is being changed; `done` makes it a layout again. */
export class Sheet {
  readonly codeOf: string[];
  readonly names = new Map<string, string>();
  readonly homes = new Map<string, string>();
  readonly locks: Set<string>;
  readonly touched = new Set<string>();
  /** what was changed so far, as the log would tell it */
  readonly entries: Entry[] = [];
  private readonly numbers = new Map<string, number>();

  constructor(
    private readonly layout: Layout,
    private readonly ground: Ground,
  ) {
    this.codeOf = layout.codeOf.slice();
    this.locks = new Set(layout.locks);
    for (const [code, facts] of layout.grids) {
      this.names.set(code, facts.name);
      this.homes.set(code, facts.community);
    }
    for (const [code, name] of layout.former) {
      this.names.set(code, name);
    }
  }

  private apply(edit: Edit, newCode: (community: string) => string): void {
    switch (edit.op) {
      case 'move':
        this.requireGrid(edit.to);
        this.put(this.rowsOf(edit.courtyards), edit.to);
        break;
      case 'split':
        this.split(this.rowsOf(edit.courtyards), newCode);
        break;
      case 'merge':
        this.merge(edit.grid, edit.into);
        break;
      case 'rename':
        this.requireGrid(edit.grid);
        this.note('name', edit.grid, edit.name);
        break;
      default:
        this.lock(edit.subject, edit.op === 'lock');
    }
  }

  /** Put rows into a grid, locks obeyed. */
  private put(rows: readonly number[], to: string): void {
    const moving = rows.filter((row) => this.codeOf[row] !== to);
    if (moving.length > 0 && this.locks.has(`grid:${to}`)) {
      throw new EditError('fault_locked_grid', { grid: to });
    }
    for (const row of moving) {
      const { id } = this.ground.courtyards[row]!;
      const from = this.codeOf[row]!;
      if (this.locks.has(`courtyard:${id}`)) {
        throw new EditError('fault_locked_courtyard', { courtyard: id });
      }
      if (this.locks.has(`grid:${from}`)) {
        throw new EditError('fault_locked_grid', { grid: from });
      }
      this.note('move', id, to);
    }
  }

  /** Apply an edit and return what it changed; if it cannot be, nothing is changed. */
  attempt(edits: readonly Edit[], newCode: (community: string) => string): Entry[] {
    const mark = this.entries.length;
    try {
      for (const edit of edits) this.apply(edit, newCode);
    } catch (error) {
      while (this.entries.length > mark) {
        const { kind, subject, before, after } = this.entries[this.entries.length - 1]!;
        this.write({ kind, subject, before: after, after: before });
        this.entries.length -= 2;
      }
      throw error;
    }
    return this.entries.slice(mark);
  }

  /** Apply one change of the log, locks or not; courtyards that are not seen are passed over. */
  write(entry: Entry): void {
    const { kind, subject, after } = entry;
    if (kind === 'move') {
      const row = this.ground.rowOf.get(subject);
      if (row === undefined) return;
      this.touched.add(this.codeOf[row]!).add(after);
      this.codeOf[row] = after;
    } else if (kind === 'name') {
      if (after === '') this.names.delete(subject);
      else this.names.set(subject, after);
    } else if (after === '') {
      this.locks.delete(subject);
    } else {
      this.locks.add(subject);
    }
    this.entries.push(entry);
  }

  /** Return what a log entry's subject is now. */
  valueOf({ kind, subject }: Pick<Entry, 'kind' | 'subject'>): string {
    if (kind === 'move') return this.codeOf[this.ground.rowOf.get(subject) ?? -1] ?? '';
    if (kind === 'name') return this.names.get(subject) ?? '';
    return this.locks.has(subject) ? LOCKED : '';
  }

  private note(kind: Entry['kind'], subject: string, after: string): void {
    const before = this.valueOf({ kind, subject });
    if (before !== after) this.write({ kind, subject, before, after });
  }

  private split(rows: readonly number[], newCode: (community: string) => string): void {
    const communities = new Set(rows.map((row) => this.ground.courtyards[row]!.community));
    if (communities.size !== 1) {
      throw new EditError('fault_two_communities', { n: communities.size });
    }
    const [community] = communities as unknown as [string];
    const code = newCode(community);
    this.homes.set(code, community);
    this.note('name', code, this.usualName(community));
    this.put(rows, code);
  }

  private merge(grid: string, into: string): void {
    if (grid === into) {
      throw new EditError('fault_self', { grid });
    }
    this.requireGrid(grid);
    this.requireGrid(into);
    const rows: number[] = [];
    for (let row = 0; row < this.codeOf.length; row++) {
      if (this.codeOf[row] === grid) rows.push(row);
    }
    this.put(rows, into);
  }

  private lock(subject: string, on: boolean): void {
    const at = subject.indexOf(':');
    const [kind, ident] = [subject.slice(0, at), subject.slice(at + 1)];
    if (kind === 'courtyard') this.rowsOf([ident]);
    else if (kind === 'grid') this.requireGrid(ident);
    else throw new EditError('fault_subject', { subject });
    this.note('lock', subject, on ? LOCKED : '');
  }

  private rowsOf(ids: readonly string[]): number[] {
    return ids.map((id) => {
      const row = this.ground.rowOf.get(id);
      if (row === undefined) {
        throw new EditError('fault_unknown_courtyard', { courtyard: id });
      }
      return row;
    });
  }

  private requireGrid(code: string): void {
    if (!this.names.has(code)) {
      throw new EditError('fault_unknown_grid', { grid: code });
    }
  }

  /** Return the name that the server will most likely give: the next serial's. */
  private usualName(community: string): string {
    let highest = this.numbers.get(community) ?? 0;
    for (const code of [...this.names.keys(), ...this.ground.wire.retired]) {
      if (!isTemporary(code) && code.slice(0, -3) === community) {
        highest = Math.max(highest, serialOf(code));
      }
    }
    this.numbers.set(community, highest + 1);
    return `${this.ground.communities.get(community)?.name || community}第${highest + 1}网格`;
  }

  /** Return where a grid lies: where its medoid does, if that is known. */
  private homeOf(code: string, row: number, isMedoid: boolean): string {
    const { community } = this.ground.courtyards[row]!;
    if (isMedoid) return community;
    const inCode = code.slice(0, -3);
    return this.homes.get(code) ?? (this.ground.communities.has(inCode) ? inCode : community);
  }

  /** Return the layout as it is now; figures only of what was touched are made anew. */
  done(walks: Walks | null): Layout {
    const { layout, ground } = this;
    const members = membersOf(this);
    const grids = new Map<string, GridFacts>();
    const codes = [...members.keys()].sort();
    for (const code of codes) {
      const before = layout.grids.get(code);
      const name = this.names.get(code) ?? '';
      if (before && !this.touched.has(code)) {
        grids.set(code, before.name === name ? before : { ...before, name });
        continue;
      }
      const rows = members.get(code)!;
      const { load, ...figures } = gridFigures(rows, ground, walks);
      const { target } = ground.wire.rules;
      grids.set(code, {
        beat: before?.beat ?? null,
        // its way is measured again when it is published
        roomM: null,
        code,
        name,
        serial: before?.serial ?? serialOf(code),
        community: this.homeOf(code, figures.medoid ?? rows[0]!, figures.medoid !== null),
        ...figures,
        deviation: target > 0 ? (load - target) / target : null,
      });
    }
    const former = new Map<string, string>();
    for (const [code, name] of this.names) {
      if (!members.has(code)) former.set(code, name);
    }
    return { ...layout, codeOf: this.codeOf, grids, former, locks: this.locks };
  }
}

/**
 * Return the layout after some edits, all or none.
 *
 * Throws `EditError` where the server would refuse them. `newCode` gives the codes of split
 * grids; with `walks` the walks of touched grids are measured, else they are unknown.
 */
export function applyEdits(
  layout: Layout,
  ground: Ground,
  edits: readonly Edit[],
  newCode: (community: string) => string = countingCodes(),
  walks: Walks | null = null,
): Layout {
  const sheet = new Sheet(layout, ground);
  if (sheet.attempt(edits, newCode).length === 0) {
    throw new EditError('fault_nothing');
  }
  return sheet.done(walks);
}

/** Return edits that lead from `after` back to `before`. */
export function inverse(before: Layout, after: Layout, ground: Ground): Edit[] {
  const back = new Map<string, string[]>();
  for (let row = 0; row < ground.n; row++) {
    const to = before.codeOf[row]!;
    if (to !== after.codeOf[row] && to !== '') {
      const ids = back.get(to);
      if (ids) ids.push(ground.courtyards[row]!.id);
      else back.set(to, [ground.courtyards[row]!.id]);
    }
  }
  const edits: Edit[] = [];
  // a lock that came goes first, one that went comes back last: moves must pass between
  for (const subject of after.locks) {
    if (!before.locks.has(subject)) edits.push({ op: 'unlock', subject });
  }
  for (const [to, courtyards] of back) {
    edits.push({ op: 'move', courtyards, to });
  }
  for (const [code, facts] of before.grids) {
    const name = after.grids.get(code)?.name ?? after.former.get(code);
    if (name !== undefined && name !== facts.name && facts.name !== '') {
      edits.push({ op: 'rename', grid: code, name: facts.name });
    }
  }
  for (const subject of before.locks) {
    if (!after.locks.has(subject)) edits.push({ op: 'lock', subject });
  }
  return edits;
}
