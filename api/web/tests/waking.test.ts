/** What wakes the saving, and that nothing puts it to sleep: no screen stays behind the server. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { decodeLayout } from '../src/model/layout';
import { MemoryOutbox } from '../src/net/outbox';
import { getJson, OfflineError } from '../src/net/server';
import { Sync } from '../src/net/sync';
import { FakeServer } from './fake_server';
import { EAST, lattice, layoutWire, WEST } from './lattice';

const { ground } = lattice();
const [W2, E1, E2] = [`${WEST}002`, `${EAST}001`, `${EAST}002`];
const move = (id: string, to: string) => [{ op: 'move' as const, courtyards: [id], to }];
const lost = () => Promise.reject(new TypeError('no way there'));
/** a line that takes a question and never answers it, until it is given up */
const stuck: typeof fetch = (_, init) =>
  new Promise((_, reject) => {
    init?.signal?.addEventListener('abort', () => reject(new TypeError('given up')));
  });

/** Somebody at a page whose line is `line.at`. */
function person(server: FakeServer, me: string) {
  const { codes, names, locks } = server.state;
  const line = { at: server.fetchAs(() => me), asked: 0 };
  const good = line.at;
  const sync = new Sync(1, {
    ground,
    layout: decodeLayout(layoutWire(codes, names, locks, server.revision), ground),
    me,
    outbox: new MemoryOutbox(),
    fetch: (address, init) => {
      line.asked += 1;
      return line.at(address, init);
    },
  });
  const codeOf = (id: string) => sync.layout.value!.codeOf[ground.rowOf.get(id)!];
  return { sync, line, good, codeOf };
}

let page: EventTarget;
beforeEach(() => {
  vi.useFakeTimers();
  page = new EventTarget();
  vi.stubGlobal('window', page);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('a page that was long without a network', () => {
  async function longOffline() {
    const server = new FakeServer();
    const anna = person(server, 'anna');
    await anna.sync.start();
    anna.line.at = lost;
    await anna.sync.edit(move('c00', W2));
    await pass(300_000);
    expect(anna.sync.saving.value).toMatchObject({ state: 'offline', waiting: 1 });
    return { server, anna };
  }

  test('saves as soon as it is back', async () => {
    const { server, anna } = await longOffline();
    anna.line.at = anna.good;
    page.dispatchEvent(new Event('online'));
    await pass(100);
    expect(anna.sync.saving.value.state).toBe('saved');
    expect(server.state.codes.get('c00')).toBe(W2);
    anna.sync.stop();
  });

  test('tries again soon if the first try after that fails', async () => {
    const { anna } = await longOffline();
    page.dispatchEvent(new Event('online'));
    await pass(100);
    anna.line.at = anna.good;
    await pass(3_000);
    expect(anna.sync.saving.value.state).toBe('saved');
    anna.sync.stop();
  });

  test('tries again at once if it was told so while a lost question was out', async () => {
    const { anna } = await longOffline();
    anna.line.at = stuck;
    page.dispatchEvent(new Event('focus'));
    await pass(10_000);
    anna.line.at = anna.good;
    page.dispatchEvent(new Event('online'));
    // the question that hangs is given up after 30 seconds
    await pass(20_100);
    expect(anna.sync.saving.value.state).toBe('saved');
    anna.sync.stop();
  });

  test('asks less and less often by itself', async () => {
    const { anna } = await longOffline();
    const before = anna.line.asked;
    await pass(120_000);
    expect(anna.line.asked - before).toBeLessThan(7);
    anna.sync.stop();
  });
});

describe('what was fetched', () => {
  test('is shown though the round breaks off after it', async () => {
    const server = new FakeServer();
    server.edit([{ op: 'merge', grid: E1, into: E2 }], 0, false, 'ben');
    const anna = person(server, 'anna');
    // a grid that was empty is there again, and its name has to be asked for
    server.edit(move('c10', E1), 1, false, 'ben');
    anna.line.at = (address, init) =>
      String(address).startsWith('map/layout') ? lost() : anna.good(address, init);
    await anna.sync.step();
    expect(anna.codeOf('c10')).toBe(E1);
    anna.line.at = anna.good;
    await anna.sync.step();
    expect(anna.sync.layout.value!.grids.get(E1)!.name).toBe('第1网格');
  });
});

describe('an answer that stops coming', () => {
  test('is given up, and is as good as none', async () => {
    const halting: typeof fetch = async (_, init) => {
      const body = new ReadableStream({
        start(to) {
          to.enqueue(new TextEncoder().encode('{"revision": '));
          init?.signal?.addEventListener('abort', () => to.error(new TypeError('given up')));
        },
      });
      return new Response(body, { status: 200 });
    };
    const asked = getJson('me', { fetch: halting });
    const failure = expect(asked).rejects.toBeInstanceOf(OfflineError);
    await pass(300_000);
    await failure;
  });
});
