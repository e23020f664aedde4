/**
 * Two people, three tabs, a bad network, crashes: whatever happens, all come to the same end.
 *
 * Two hundred random schedules. At the end everybody sees what the server has, no edit was sent
 * twice, and every edit that was accepted is in the log, dropped by choice, or listed as refused.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EditError } from '../src/model/edits';
import { decodeLayout } from '../src/model/layout';
import type { Edit } from '../src/model/types';
import type { Book } from '../src/net/book';
import { MemoryOutbox } from '../src/net/outbox';
import { Sync } from '../src/net/sync';
import { FakeServer } from './fake_server';
import { lattice, layoutWire, yards } from './lattice';
import { type Random, random } from './random';

const { ground } = lattice();
const IDS = yards().map((one) => one.id);

/** nobody waits for the clock: it goes on by what happens */
let clock = 1_700_000_000_000;
beforeEach(() => {
  vi.spyOn(Date, 'now').mockImplementation(() => clock);
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function ticks(n: number): Promise<void> {
  for (let i = 0; i < n; i++) await Promise.resolve();
}

/** A network that loses questions and answers, and delivers some questions too late. */
class Network {
  isDown = false;
  isPerfect = false;
  private late: (() => Promise<unknown>)[] = [];

  constructor(
    private readonly inner: typeof fetch,
    private readonly chance: Random,
  ) {}

  readonly fetch: typeof fetch = async (address, init) => {
    const { chance } = this;
    await ticks(chance.below(12));
    for (const send of this.late.splice(0, chance.below(2))) await send();
    if (this.isPerfect) return this.inner(address, init);
    if (this.isDown || chance.chance(0.1)) throw new TypeError('no way there');
    if (chance.chance(0.06)) {
      this.late.push(() => this.inner(address, init));
      throw new TypeError('timed out; it arrives later');
    }
    const answer = await this.inner(address, init);
    await ticks(chance.below(12));
    if (chance.chance(0.12)) throw new TypeError('no way back');
    return answer;
  };

  async deliver(): Promise<void> {
    for (const send of this.late.splice(0)) await send();
  }
}

/** Edits that were taken off the books, by their notes. */
class Kept extends MemoryOutbox {
  readonly gone = new Set<string>();

  override async update<T>(change: (book: Book) => T): Promise<T> {
    return super.update((book) => {
      const before = new Map(book.records.map((one) => [one.id, one]));
      const result = change(book);
      for (const one of book.records) before.delete(one.id);
      for (const one of before.values()) if (one.state !== 'saved') this.gone.add(one.note);
      return result;
    });
  }
}

class Person {
  readonly outbox = new Kept();
  readonly network: Network;
  tabs: Sync[] = [];

  constructor(
    readonly name: string,
    private readonly server: FakeServer,
    chance: Random,
  ) {
    this.network = new Network(
      server.fetchAs(() => name),
      chance,
    );
  }

  /** Open a tab; what was on the screen of one that crashed is gone. */
  tab(at: number): void {
    const { codes, names, locks } = this.server.state;
    const wire = layoutWire(codes, names, locks, this.server.revision);
    this.tabs[at] = new Sync(1, {
      ground,
      layout: decodeLayout(wire, ground),
      me: this.name,
      fetch: this.network.fetch,
      outbox: this.outbox,
    });
  }
}

function someEdit(chance: Random, tab: Sync): Edit {
  const layout = tab.layout.value!;
  const code = () => chance.pick([...layout.grids.keys()]);
  const from = layout.codeOf[chance.below(IDS.length)];
  const own = IDS.filter((_, row) => layout.codeOf[row] === from);
  const courtyards = own.slice(0, 1 + chance.below(2));
  const kind = chance.next();
  if (kind < 0.6) return { op: 'move', courtyards, to: code() };
  if (kind < 0.75) return { op: 'split', courtyards: courtyards.slice(0, 1) };
  if (kind < 0.85) return { op: 'merge', grid: code(), into: code() };
  if (kind < 0.93) return { op: 'rename', grid: code(), name: `名${chance.below(3)}` };
  return { op: chance.chance(0.4) ? 'lock' : 'unlock', subject: `grid:${code()}` };
}

async function act(chance: Random, person: Person, note: string, notes: string[]): Promise<void> {
  const at = chance.below(person.tabs.length);
  const tab = person.tabs[at]!;
  const kind = chance.next();
  if (kind < 0.4) {
    try {
      await tab.edit([someEdit(chance, tab)], note);
      notes.push(note);
    } catch (error) {
      if (!(error instanceof EditError)) throw error;
    }
  } else if (kind < 0.65) {
    const running = tab.step();
    if (chance.chance(0.5)) await running;
  } else if (kind < 0.78) {
    await tab.undo();
  } else if (kind < 0.84) {
    await tab.redo().catch((error: unknown) => {
      if (!(error instanceof EditError)) throw error;
    });
  } else if (kind < 0.9) {
    await settleOne(chance, tab);
  } else if (kind < 0.95) {
    person.network.isDown = !person.network.isDown;
  } else {
    person.tab(at);
  }
}

async function settleOne(chance: Random, tab: Sync): Promise<void> {
  const [conflict] = tab.conflicts.value;
  if (conflict) await tab.resolve(conflict, chance.pick(['mine', 'theirs']));
}

/** Let everything come to rest; returns the rounds that took. */
async function rest(chance: Random, people: Person[]): Promise<number> {
  for (const person of people) {
    person.network.isPerfect = true;
    await person.network.deliver();
  }
  for (let round = 1; round < 60; round++) {
    let isQuiet = true;
    // tabs that crashed lose their right to send
    clock += 10_000;
    for (const tab of people.flatMap((one) => one.tabs)) {
      const before = tab.revision;
      await tab.step();
      await settleOne(chance, tab);
      const { waiting } = tab.saving.value;
      isQuiet &&= waiting === 0 && tab.revision === before;
    }
    if (isQuiet) return round;
  }
  return Infinity;
}

async function run(seed: number): Promise<void> {
  const chance = random(seed);
  const server = new FakeServer();
  const people = ['anna', 'ben'].map((name) => new Person(name, server, chance));
  people[0]!.tab(0);
  people[0]!.tab(1);
  people[1]!.tab(0);
  const notes: string[] = [];
  for (let i = 0; i < 60; i++) {
    await act(chance, chance.pick(people), `e${i}`, notes);
    await ticks(chance.below(20));
    clock += chance.below(4_000);
  }
  expect(await rest(chance, people), `seed ${seed} comes to rest`).toBeLessThan(60);

  for (const tab of people.flatMap((one) => one.tabs)) {
    const layout = tab.layout.value!;
    const shown = IDS.map((_, row) => layout.codeOf[row]);
    expect(shown, `seed ${seed}`).toEqual(IDS.map((id) => server.state.codes.get(id)));
    expect(layout.locks, `seed ${seed}`).toEqual(server.state.locks);
    for (const { code, name } of layout.grids.values()) {
      expect(name, `seed ${seed} ${code}`).toBe(server.state.names.get(code));
    }
    expect(tab.revision).toBe(server.revision);
  }
  const sent = server.log.map((one) => one.note).filter(Boolean);
  expect(new Set(sent).size, `seed ${seed} sends nothing twice`).toBe(sent.length);
  for (const person of people) {
    const book = await person.outbox.update((one) => one);
    const mine = server.log.filter((one) => one.made_by === person.name);
    expect(
      book.own.slice().sort((a, b) => a - b),
      `seed ${seed} ${person.name}`,
    ).toEqual(mine.map((one) => one.revision));
  }
  const listed = people.flatMap((one) => one.tabs[0]!.refused.value.map(({ edit }) => edit.note));
  const known = new Set([...sent, ...listed, ...people.flatMap((one) => [...one.outbox.gone])]);
  expect(
    notes.filter((note) => !known.has(note)),
    `seed ${seed} loses nothing`,
  ).toEqual([]);
}

// a busy machine is not a fault of the code
describe('random schedules', { timeout: 120_000 }, () => {
  for (let block = 0; block < 10; block++) {
    test(`${20 * block} to ${20 * block + 19}`, async () => {
      for (let seed = 20 * block; seed < 20 * block + 20; seed++) await run(seed);
    });
  }
});
