/** A server in memory: one draft, its revision log, and the rules of the real one. */

import type { Edit } from '../src/model/types';
import type { LogEntry, Revision } from '../src/net/calls';
import { layoutWire, yards } from './lattice';

type Body = Record<string, unknown>;
type State = { codes: Map<string, string>; names: Map<string, string>; locks: Set<string> };
type Change = Omit<LogEntry, 'revision' | 'seq'>;

class Problem extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly body: Body = {},
  ) {
    super(detail);
  }
}

function start(): State {
  const codes = new Map(yards().map((one) => [one.id, one.grid]));
  const names = new Map(
    [...codes.values()].map((code) => [code, `第${Number(code.slice(-3))}网格`]),
  );
  return { codes, names, locks: new Set() };
}

function write(state: State, { kind, subject, after }: Change): void {
  if (kind === 'move') state.codes.set(subject, after);
  else if (kind === 'name' && after === '') state.names.delete(subject);
  else if (kind === 'name') state.names.set(subject, after);
  else if (after === '') state.locks.delete(subject);
  else state.locks.add(subject);
}

function touchedBy(entries: readonly Change[]): Set<string> {
  const found = new Set<string>();
  for (const { kind, subject, before, after } of entries) {
    if (kind === 'move') {
      for (const one of [`courtyard:${subject}`, `grid:${before}`, `grid:${after}`]) found.add(one);
    } else found.add(kind === 'lock' ? subject : `grid:${subject}`);
  }
  return found;
}

export class FakeServer {
  readonly state = start();
  readonly log: Revision[] = [];
  status: 'draft' | 'proposed' | 'gone' = 'draft';
  private readonly used = new Set(yards().map((one) => one.grid));

  get revision(): number {
    return this.log.length;
  }

  /** Return what a browser would call, as somebody; `null`: signed out. */
  fetchAs(who: () => string | null): typeof fetch {
    return async (address, init) => {
      try {
        const body = init?.body ? (JSON.parse(String(init.body)) as Body) : {};
        const match = new Headers(init?.headers).get('If-Match');
        const seen = match === null ? null : Number(/-(\d+)"$/.exec(match)![1]);
        const answer = this.answer(String(address), init?.method ?? 'GET', body, seen, who());
        return new Response(JSON.stringify(answer), { status: 200 });
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        const told = { status: error.status, title: '', detail: error.message, ...error.body };
        return new Response(JSON.stringify(told), { status: error.status });
      }
    };
  }

  private answer(
    address: string,
    method: string,
    body: Body,
    seen: number | null,
    who: string | null,
  ): unknown {
    if (who === null) throw new Problem(401, 'sign in');
    if (this.status === 'gone') throw new Problem(404, 'There is no plan 1.');
    const [path, query] = address.split('?') as [string, string | undefined];
    const asked = new URLSearchParams(query);
    if (path === 'map/layout') {
      const { codes, names, locks } = this.state;
      return layoutWire(codes, names, locks, this.revision);
    }
    if (path === 'plans/1/moves' && method === 'GET') {
      const since = Number(asked.get('since'));
      const revisions = this.log.filter((one) => one.revision > since);
      return { revision: this.revision, since, next: this.revision, revisions };
    }
    if (seen === null) throw new Problem(428, 'Send If-Match.');
    if (this.status !== 'draft') throw new Problem(409, 'Plan 1 is no draft any more.');
    if (path === 'plans/1/moves') {
      const note = String(body.note ?? '');
      return this.edit(body.edits as Edit[], seen, asked.get('rebase') === 'true', who, note);
    }
    return this.undo(body.revision as number, seen, who, asked.get('rebase') === 'true');
  }

  private stale(since: Revision[], collisions: string[]): Problem {
    const moves_since = since.flatMap((one) => one.entries);
    return new Problem(412, 'stale', { revision: this.revision, moves_since, collisions });
  }

  edit(edits: Edit[], seen: number, rebase: boolean, who: string, note = ''): unknown {
    const since = this.log.filter((one) => one.revision > seen);
    const touched = touchedBy(since.flatMap((one) => one.entries));
    const met = this.touches(edits).filter((one) => touched.has(one));
    if (seen > this.revision || (since.length > 0 && (!rebase || met.length > 0))) {
      throw this.stale(since, met);
    }
    return this.commit(who, note, null, since.length, (write) => {
      for (const edit of edits) this.apply(edit, write);
    });
  }

  undo(revision: number, seen: number, who: string, rebase = false): unknown {
    const since = this.log.filter((one) => one.revision > seen);
    const own = this.log[revision - 1]!.entries;
    const key = (one: Change) => `${one.kind} ${one.subject}`;
    const subjects = new Set(own.map(key));
    const again = since.flatMap((one) => one.entries).filter((one) => subjects.has(key(one)));
    if (seen > this.revision || (since.length > 0 && (!rebase || again.length > 0))) {
      throw this.stale(since, again.map(key));
    }
    const met = this.log.slice(revision).flatMap((one) => one.entries);
    if (met.some((one) => subjects.has(key(one)))) throw new Problem(409, 'changed again');
    return this.commit(who, '', revision, since.length, (note) => {
      for (const { kind, subject, before } of [...own].reverse()) {
        if (kind === 'move') this.put([subject], before, note);
        else if (kind === 'lock' || before !== '' || this.members(subject).length === 0) {
          note(kind, subject, before);
        }
      }
    });
  }

  private commit(
    made_by: string,
    said: string,
    undoes: number | null,
    replayed_over: number,
    change: (note: (kind: LogEntry['kind'], subject: string, after: string) => void) => void,
  ): unknown {
    const entries: Change[] = [];
    const value = (kind: string, subject: string) => {
      if (kind === 'move') return this.state.codes.get(subject) ?? '';
      if (kind === 'name') return this.state.names.get(subject) ?? '';
      return this.state.locks.has(subject) ? '1' : '';
    };
    try {
      change((kind, subject, after) => {
        const before = value(kind, subject);
        if (before === after) return;
        const entry = { kind, subject, before, after };
        entries.push(entry);
        write(this.state, entry);
      });
      if (entries.length === 0 && undoes === null) throw new Problem(400, 'This changes nothing');
    } catch (error) {
      for (const { kind, subject, before, after } of entries.reverse()) {
        write(this.state, { kind, subject, before: after, after: before });
      }
      throw error;
    }
    const revision = this.revision + 1;
    const logged = entries.map((entry, seq) => ({ ...entry, revision, seq }));
    const made = { revision, made_by, made_at: '', note: said, undoes, entries: logged };
    this.log.push(made);
    return { ...made, plan_id: 1, etag: `1-${revision}`, replayed_over, created: [], emptied: [] };
  }

  private members(code: string): string[] {
    return [...this.state.codes]
      .filter(([, own]) => own === code)
      .map(([id]) => id)
      .sort();
  }

  private touches(edits: Edit[]): string[] {
    const at = (id: string) => [`courtyard:${id}`, `grid:${this.state.codes.get(id)}`];
    return edits.flatMap((edit) => {
      if (edit.op === 'move') return [...edit.courtyards.flatMap(at), `grid:${edit.to}`];
      if (edit.op === 'split') return edit.courtyards.flatMap(at);
      if (edit.op === 'merge') {
        const moving = this.members(edit.grid).map((id) => `courtyard:${id}`);
        return [`grid:${edit.grid}`, `grid:${edit.into}`, ...moving];
      }
      return edit.op === 'rename' ? [`grid:${edit.grid}`] : [edit.subject];
    });
  }

  private apply(
    edit: Edit,
    note: (kind: LogEntry['kind'], subject: string, after: string) => void,
  ): void {
    if (edit.op === 'move') {
      this.know(edit.to);
      this.put(edit.courtyards, edit.to, note);
    } else if (edit.op === 'split') {
      const home = yards().find((one) => one.id === edit.courtyards[0])!.community;
      const serials = [...this.used]
        .filter((code) => code.startsWith(home))
        .map((c) => Number(c.slice(-3)));
      const code = `${home}${String(Math.max(...serials) + 1).padStart(3, '0')}`;
      note('name', code, `新${code.slice(-3)}`);
      this.put(edit.courtyards, code, note);
      this.used.add(code);
    } else if (edit.op === 'merge') {
      this.know(edit.grid);
      this.know(edit.into);
      this.put(this.members(edit.grid), edit.into, note);
    } else if (edit.op === 'rename') {
      this.know(edit.grid);
      note('name', edit.grid, edit.name);
    } else note('lock', edit.subject, edit.op === 'lock' ? '1' : '');
  }

  private know(code: string): void {
    if (!this.state.names.has(code)) throw new Problem(400, `Grid ${code} is not in this plan.`);
  }

  private put(
    ids: string[],
    to: string,
    note: (kind: LogEntry['kind'], subject: string, after: string) => void,
  ): void {
    for (const id of ids) {
      const from = this.state.codes.get(id)!;
      if (from === to) continue;
      for (const lock of [`grid:${to}`, `grid:${from}`, `courtyard:${id}`]) {
        if (this.state.locks.has(lock)) throw new Problem(409, `${lock} is locked`, { lock });
      }
      note('move', id, to);
    }
  }
}
