/** What a person meets: each trouble by itself. Random mixtures are in schedules.test.ts. */
import { IDBFactory } from 'fake-indexeddb';
import { describe, expect, test } from 'vitest';
import { decodeLayout } from '../src/model/layout';
import type { Book } from '../src/net/book';
import { MemoryOutbox, type Outbox, openOutbox } from '../src/net/outbox';
import { Sync } from '../src/net/sync';
import { FakeServer } from './fake_server';
import { EAST, lattice, layoutWire, WEST } from './lattice';

const { ground } = lattice();
const [W1, W2, E1, E2] = [`${WEST}001`, `${WEST}002`, `${EAST}001`, `${EAST}002`];

interface Wire {
  isDown: boolean;
  /** calls whose answer is lost from now on */
  lost: number;
  who: string | null;
  sent: string[];
  /** what happens elsewhere right before the next call that writes arrives */
  before: (() => void) | null;
}

function person(server: FakeServer, me: string, outbox: Outbox = new MemoryOutbox()) {
  const wire: Wire = { isDown: false, lost: 0, who: me, sent: [], before: null };
  const inner = server.fetchAs(() => wire.who);
  const { codes, names, locks } = server.state;
  const renamed: [string, string][] = [];
  const sync = new Sync(1, {
    ground,
    layout: decodeLayout(layoutWire(codes, names, locks, server.revision), ground),
    me,
    outbox,
    onCodes: (given) => renamed.push(...given),
    fetch: async (address, init) => {
      if (wire.isDown) throw new TypeError('offline');
      if (init?.method === 'POST') {
        wire.sent.push(String(address));
        wire.before?.();
        wire.before = null;
      }
      const answer = await inner(address, init);
      if (init?.method === 'POST' && wire.lost > 0) {
        wire.lost--;
        throw new TypeError('no answer');
      }
      return answer;
    },
  });
  const codeOf = (id: string) => sync.layout.value!.codeOf[ground.rowOf.get(id)!];
  return { sync, wire, outbox, codeOf, renamed };
}

const move = (id: string, to: string) => [{ op: 'move' as const, courtyards: [id], to }];

describe('saving', () => {
  test('an edit is on the screen at once and on the server a moment later', async () => {
    const server = new FakeServer();
    const { sync, codeOf } = person(server, 'anna');
    await sync.edit(move('c00', W2));
    expect(codeOf('c00')).toBe(W2);
    expect(sync.saving.value).toMatchObject({ state: 'saving', waiting: 1 });
    await sync.step();
    expect(sync.saving.value).toMatchObject({ state: 'saved', waiting: 0 });
    expect(server.state.codes.get('c00')).toBe(W2);
    expect(sync.layout.value!.plan.etag).toBe('1-1');
  });

  test('what was saved though the answer was lost is not sent again', async () => {
    const server = new FakeServer();
    const { sync, wire } = person(server, 'anna');
    await sync.edit([{ op: 'split', courtyards: ['c00'] }]);
    wire.lost = 1;
    await sync.step();
    expect(sync.saving.value.state).toBe('offline');
    await sync.step();
    expect(server.revision).toBe(1);
    expect(wire.sent).toHaveLength(1);
    expect(sync.saving.value.state).toBe('saved');
  });

  test('the codes of new grids replace their stand-ins, in what waits too', async () => {
    const server = new FakeServer();
    const { sync, codeOf, renamed } = person(server, 'anna');
    await sync.edit([{ op: 'split', courtyards: ['c00'] }]);
    const code = codeOf('c00')!;
    await sync.edit(move('c01', code));
    await sync.edit([{ op: 'rename', grid: code, name: '海边' }]);
    await sync.step();
    expect(codeOf('c01')).toBe(`${WEST}003`);
    expect(server.state.names.get(`${WEST}003`)).toBe('海边');
    expect(renamed).toEqual([[code, `${WEST}003`]]);
    // a click that came a moment late
    await sync.edit(move('c04', code));
    expect(codeOf('c04')).toBe(`${WEST}003`);
  });

  test('a page that went away leaves what waits to the next', async () => {
    const server = new FakeServer();
    const factory = new IDBFactory();
    const first = person(server, 'anna', await openOutbox('k', undefined, factory));
    first.wire.isDown = true;
    await first.sync.edit(move('c00', W2));
    await first.sync.edit([{ op: 'split', courtyards: ['c01'] }]);
    await first.sync.step();
    first.sync.stop();
    const second = person(server, 'anna', await openOutbox('k', undefined, factory));
    await second.sync.open();
    expect(second.sync.isDurable.value).toBe(true);
    expect(second.codeOf('c01')).toBe('new:1');
    expect(second.sync.canUndo.value).toBe(true);
    await second.sync.step();
    expect(server.revision).toBe(2);
    await second.sync.undo();
    await second.sync.step();
    expect(server.log[2]!.undoes).toBe(2);
  });

  test('two tabs show the same and send once', async () => {
    const server = new FakeServer();
    const factory = new IDBFactory();
    const one = person(server, 'anna', await openOutbox('t', undefined, factory));
    const two = person(server, 'anna', await openOutbox('t', undefined, factory));
    await Promise.all([one.sync.open(), two.sync.open()]);
    await one.sync.edit(move('c00', W2));
    await Promise.all([one.sync.step(), two.sync.step()]);
    await two.sync.step();
    expect(server.revision).toBe(1);
    expect(two.codeOf('c00')).toBe(W2);
    await two.sync.undo();
    await two.sync.step();
    await one.sync.step();
    expect(one.codeOf('c00')).toBe(W1);
  });
});

describe('others', () => {
  test('a minute offline with edits on both sides ends with both', async () => {
    const server = new FakeServer();
    const [anna, ben] = [person(server, 'anna'), person(server, 'ben')];
    anna.wire.isDown = true;
    await anna.sync.edit(move('c00', W2));
    await anna.sync.edit(move('c04', W2));
    await ben.sync.edit(move('c10', E2));
    await ben.sync.step();
    await anna.sync.step();
    expect(anna.sync.saving.value).toMatchObject({ state: 'offline', waiting: 2 });
    anna.wire.isDown = false;
    await anna.sync.step();
    await ben.sync.step();
    expect(anna.sync.layout.value!.codeOf).toEqual(ben.sync.layout.value!.codeOf);
    expect([ben.codeOf('c00'), ben.codeOf('c04'), anna.codeOf('c10')]).toEqual([W2, W2, E2]);
  });

  async function collide() {
    const server = new FakeServer();
    const [anna, ben] = [person(server, 'anna'), person(server, 'ben')];
    anna.wire.isDown = true;
    await anna.sync.edit(move('c00', W2), 'mine');
    await anna.sync.edit([{ op: 'merge', grid: E1, into: E2 }], 'apart');
    await anna.sync.edit(move('c00', E2), 'later');
    await ben.sync.edit(move('c00', E1));
    await ben.sync.edit(move('c00', W1));
    await ben.sync.edit(move('c04', W2));
    await ben.sync.step();
    anna.wire.isDown = false;
    await anna.sync.step();
    return { server, anna, ben };
  }

  test('a collision shows both sides and holds up only what builds on it', async () => {
    const { anna } = await collide();
    const [conflict] = anna.sync.conflicts.value;
    expect(conflict).toMatchObject({ who: 'ben', edit: { note: 'mine' } });
    expect(conflict!.theirs.some((one) => one.subject === 'c00')).toBe(true);
    expect(conflict!.builtOn.map((one) => one.note)).toEqual(['later']);
    expect(anna.sync.saving.value.state).toBe('conflict');
  });

  test('mine goes on top of theirs, and what builds on it follows', async () => {
    const { server, anna } = await collide();
    await anna.sync.resolve(anna.sync.conflicts.value[0]!, 'mine');
    await anna.sync.step();
    for (const conflict of anna.sync.conflicts.value) await anna.sync.resolve(conflict, 'mine');
    await anna.sync.step();
    expect(server.state.codes.get('c00')).toBe(E2);
    expect(server.state.codes.get('c04')).toBe(W2);
  });

  test('theirs drops mine, and tells what built on it', async () => {
    const { server, anna } = await collide();
    const built = await anna.sync.resolve(anna.sync.conflicts.value[0]!, 'theirs');
    expect(built.map((one) => one.note)).toEqual(['later']);
    expect(anna.sync.refused.value.map((one) => one.reason.word)).toEqual(['sync_built_on']);
    await anna.sync.step();
    expect(server.state.codes.get('c00')).toBe(W1);
    await anna.sync.discard(anna.sync.refused.value[0]!);
    expect(anna.sync.refused.value).toEqual([]);
  });

  test('a lock that somebody set refuses, says so, and lets the rest go on', async () => {
    const server = new FakeServer();
    const anna = person(server, 'anna');
    server.edit([{ op: 'lock', subject: `grid:${E1}` }], 0, false, 'ben');
    await anna.sync.step();
    await expect(anna.sync.edit(move('c10', E2))).rejects.toMatchObject({
      word: 'fault_locked_grid',
    });
    await anna.sync.edit(move('c00', W2));
    server.status = 'proposed';
    await anna.sync.step();
    expect(anna.sync.refused.value[0]!.reason).toMatchObject({ status: 409 });
    expect(anna.codeOf('c00')).toBe(W1);
    server.status = 'draft';
    await anna.sync.retry(anna.sync.refused.value[0]!);
    await anna.sync.step();
    expect(server.state.codes.get('c00')).toBe(W2);
  });

  test('a draft that is gone puts everything aside, and keeps it', async () => {
    const server = new FakeServer();
    const anna = person(server, 'anna');
    await anna.sync.edit(move('c00', W2));
    await anna.sync.edit(move('c01', W2));
    server.status = 'gone';
    await anna.sync.step();
    expect(anna.sync.refused.value.map((one) => one.reason.status)).toEqual([404, 404]);
    expect(anna.sync.saving.value.state).toBe('refused');
  });

  test('who was signed out goes on after signing in', async () => {
    const server = new FakeServer();
    const anna = person(server, 'anna');
    anna.wire.who = null;
    await anna.sync.edit(move('c00', W2));
    await anna.sync.step();
    expect(anna.sync.saving.value).toMatchObject({ state: 'signed_out', waiting: 1 });
    anna.wire.who = 'anna';
    await anna.sync.signedIn('anna');
    expect(anna.sync.saving.value.state).toBe('saved');
  });
});

describe('undo', () => {
  test('takes out what was not sent, and puts it back', async () => {
    const server = new FakeServer();
    const { sync, wire, codeOf } = person(server, 'anna');
    await sync.edit([{ op: 'split', courtyards: ['c00'] }]);
    await sync.undo();
    expect(codeOf('c00')).toBe(W1);
    await sync.redo();
    expect(codeOf('c00')).toBe('new:1');
    await sync.undo();
    await sync.step();
    expect(wire.sent).toEqual([]);
    expect([sync.canUndo.value, sync.canRedo.value]).toEqual([false, true]);
  });

  test('takes saved edits of one courtyard back one by one, and does them again', async () => {
    const server = new FakeServer();
    const { sync, codeOf } = person(server, 'anna');
    for (const to of [W2, E1, E2]) {
      await sync.edit(move('c00', to));
      await sync.step();
    }
    const seen: (string | undefined)[] = [];
    for (const way of ['undo', 'undo', 'undo', 'redo', 'redo', 'redo'] as const) {
      await sync[way]();
      seen.push(codeOf('c00'));
      await sync.step();
      expect(server.state.codes.get('c00')).toBe(codeOf('c00'));
    }
    expect(seen).toEqual([E1, W2, W1, W2, E1, E2]);
    expect(sync.refused.value).toEqual([]);
  });

  test('a split that was taken back on the server comes back with its code', async () => {
    const server = new FakeServer();
    const { sync, codeOf } = person(server, 'anna');
    await sync.edit([{ op: 'split', courtyards: ['c00'] }]);
    await sync.step();
    await sync.undo();
    await sync.step();
    await sync.redo();
    await sync.step();
    expect(codeOf('c00')).toBe(`${WEST}003`);
    expect(server.state.codes.get('c00')).toBe(`${WEST}003`);
  });

  test('goes through in one call though somebody was faster elsewhere', async () => {
    const server = new FakeServer();
    const anna = person(server, 'anna');
    await anna.sync.edit(move('c00', W2));
    await anna.sync.step();
    anna.wire.before = () => {
      server.edit(move('c10', E2), server.revision, false, 'ben');
    };
    await anna.sync.undo();
    await anna.sync.step();
    expect(anna.wire.sent).toHaveLength(2);
    expect([anna.codeOf('c00'), anna.codeOf('c10')]).toEqual([W1, E2]);
    expect(server.state.codes.get('c00')).toBe(W1);
    expect(anna.sync.saving.value.state).toBe('saved');
  });

  test('others who touched the same a moment before are not overridden', async () => {
    const server = new FakeServer();
    const anna = person(server, 'anna');
    await anna.sync.edit(move('c00', W2));
    await anna.sync.step();
    anna.wire.before = () => {
      server.edit(move('c00', E1), server.revision, false, 'ben');
    };
    await anna.sync.undo();
    await anna.sync.step();
    expect(server.state.codes.get('c00')).toBe(E1);
    expect(anna.sync.refused.value[0]!.reason.word).toBe('sync_changed_again');
  });

  test('others who touched the same are not overridden', async () => {
    const server = new FakeServer();
    const [anna, ben] = [person(server, 'anna'), person(server, 'ben')];
    await anna.sync.edit(move('c00', W2));
    await anna.sync.step();
    await ben.sync.step();
    await ben.sync.edit(move('c00', E1));
    await ben.sync.step();
    await anna.sync.undo();
    await anna.sync.step();
    expect(server.state.codes.get('c00')).toBe(E1);
    expect(anna.sync.refused.value[0]!.reason.word).toBe('sync_changed_again');
    expect(anna.codeOf('c00')).toBe(E1);
  });
});

describe('the book', () => {
  test('is kept in memory where there is no IndexedDB, and says so', async () => {
    const outbox = await openOutbox('m', undefined, undefined);
    expect(outbox.isDurable).toBe(false);
    const broken = {
      open: () => {
        throw new Error('private');
      },
    } as unknown as IDBFactory;
    expect((await openOutbox('m', undefined, broken)).isDurable).toBe(false);
  });

  test('goes on in memory if the database goes away, with what it held', async () => {
    let isLost = false;
    const lost = () => {
      isLost = true;
    };
    const outbox = await openOutbox('x', lost, new IDBFactory());
    await outbox.update((book: Book) => {
      book.nextCode = 7;
    });
    (outbox as unknown as { database: IDBDatabase }).database.close();
    expect(await outbox.update((book) => book.nextCode)).toBe(7);
    expect([isLost, outbox.isDurable]).toEqual([true, false]);
  });

  test('a change that fails leaves it as it was', async () => {
    const outbox = await openOutbox('f', undefined, new IDBFactory());
    const bad = outbox.update((book) => {
      book.nextCode = 9;
      throw new RangeError('no');
    });
    await expect(bad).rejects.toBeInstanceOf(RangeError);
    expect(await outbox.update((book) => book.nextCode)).toBe(1);
    expect(outbox.isDurable).toBe(true);
  });
});
