/** Keeps a draft in step with the server: nothing lost, nothing sent twice. (Owner: C) */
import { type Signal, signal } from '@preact/signals';
import type { saving as appSaving } from '../app/state';
import { type Codes, editsWith } from '../model/effects';
import type { Ground } from '../model/ground';
import type { Layout } from '../model/layout';
import type { Edit } from '../model/types';
import type { Walks } from '../model/walks';
import {
  addEdit,
  type Book,
  dependents,
  drop,
  emptyBook,
  flip,
  type Item,
  itemFor,
  makeId,
  nextToSend,
  prune,
  refuse,
  sendAgain,
  takeLease,
  type Waiting,
} from './book';
import { asideIn, type Conflict, folded, type Refused, recordOn } from './fold';
import { Mirror } from './mirror';
import { type Outbox, openOutbox } from './outbox';
import { sendRecord } from './send';
import { type Options, ServerError } from './server';

export type { Conflict, Refused } from './fold';
export type Saving = typeof appSaving.value;

export interface SyncOptions {
  ground: Ground;
  /** as the server has it: `decodeLayout` of map/layout */
  layout: Layout;
  /** name of who is signed in */
  me: string;
  walks?: () => Walks | null;
  fetch?: typeof fetch;
  /** by default IndexedDB, one book for each service, person and plan */
  outbox?: Outbox;
  /** where the folded layout goes, with all edits not yet saved; by default a signal of its own */
  shown?: Signal<Layout | null>;
  saving?: Signal<Saving>;
  /** told which codes new grids got, so that selections can follow */
  onCodes?: (codes: Codes) => void;
}

const POLL_MS = 5_000;
const SLOWEST_MS = 30_000;
const LEASE_MS = 8_000;

export class Sync {
  readonly layout: Signal<Layout | null>;
  readonly saving: Signal<Saving>;
  readonly conflicts = signal<Conflict[]>([]);
  readonly refused = signal<Refused[]>([]);
  readonly canUndo = signal(false);
  readonly canRedo = signal(false);
  /** false: edits that wait end with the page (a private window, a full disk) */
  readonly isDurable = signal(true);

  private readonly id = makeId();
  private readonly mirror: Mirror;
  private readonly options: Options;
  private outbox: Outbox | null;
  private opening: Promise<Outbox> | null = null;
  private book: Book = emptyBook();
  private text = '';
  private trouble: 'offline' | 'signed_out' | null = null;
  private said = '';
  private failures = 0;
  private isSending = false;
  private running: Promise<void> | null = null;
  private isAskedAgain = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isOn = false;
  private leave: (() => void)[] = [];

  constructor(
    readonly planId: number,
    private readonly given: SyncOptions,
  ) {
    const walks = given.walks ?? (() => null);
    this.options = given.fetch ? { fetch: given.fetch } : {};
    this.mirror = new Mirror(planId, given.ground, given.layout, walks, this.options);
    this.outbox = given.outbox ?? null;
    this.layout = given.shown ?? signal<Layout | null>(null);
    this.layout.value = given.layout;
    this.saving = given.saving ?? signal<Saving>({ state: 'saved', waiting: 0, said: '' });
  }

  /** Return the newest revision that is on the screen. */
  get revision(): number {
    return this.mirror.revision;
  }

  /** Read what waits, and go on saving and watching until `stop`. */
  async start(): Promise<void> {
    this.isOn = true;
    await this.open();
    if (typeof window !== 'undefined') {
      const wake = () => {
        // what failed until now says nothing about a line that just came back
        this.failures = 0;
        void this.step();
      };
      const leaving = () => void this.letGo();
      for (const [target, name, does] of [
        [window, 'online', wake],
        [window, 'offline', () => void this.step()],
        [window, 'focus', wake],
        [window, 'pagehide', leaving],
      ] as const) {
        target.addEventListener(name, does);
        this.leave.push(() => target.removeEventListener(name, does));
      }
    }
    await this.step();
  }

  /** Stop watching; what waits stays in the book. */
  stop(): void {
    this.isOn = false;
    clearTimeout(this.timer);
    for (const does of this.leave.splice(0)) does();
    void this.letGo().then(() => {
      if (this.given.outbox === undefined) this.outbox?.close();
    });
  }

  /** Open the book; `start` does, and so does whatever needs it. */
  async open(): Promise<Outbox> {
    if (this.opening === null) {
      const base = typeof document === 'undefined' ? '' : new URL('.', document.baseURI).pathname;
      const key = `${base} ${this.given.me} ${this.planId}`;
      const lost = () => {
        this.isDurable.value = false;
      };
      this.opening = (async () => {
        const outbox = this.outbox ?? (await openOutbox(key, lost));
        this.outbox = outbox;
        this.isDurable.value = outbox.isDurable;
        this.leave.push(outbox.watch(() => void this.read()));
        await this.read();
        return outbox;
      })();
    }
    return this.opening;
  }

  /** Do some edits as one revision: shown at once, saved as soon as may be. Throws `EditError`. */
  async edit(edits: readonly Edit[], note = ''): Promise<void> {
    const outbox = await this.open();
    await outbox.update((book) => {
      const wanted = editsWith(edits, new Map(book.codes));
      addEdit(book, recordOn(book, this.mirror, this.given.ground, wanted, note));
    });
    await this.read();
    this.kick();
  }

  async undo(): Promise<void> {
    await this.flip('undo');
  }

  async redo(): Promise<void> {
    await this.flip('redo');
  }

  /** Settle a conflict: send mine on top of theirs, or drop it; returns what built on what is dropped. */
  async resolve(conflict: Pick<Conflict, 'id'>, choice: 'mine' | 'theirs'): Promise<Waiting[]> {
    const outbox = await this.open();
    const seen = this.mirror.revision;
    const lost = await outbox.update((book) => {
      if (!book.records.some((one) => one.id === conflict.id && one.state === 'conflict'))
        return [];
      if (choice === 'mine') {
        sendAgain(book, conflict.id, seen);
        return [];
      }
      const isLost = (one: Waiting) => one.target?.id !== conflict.id && one.sentAt === null;
      // of what may have been saved already, the log will tell
      const built = dependents(book, conflict.id).filter(isLost);
      drop(book, conflict.id);
      for (const one of built) {
        refuse(book, one.id, { status: 0, detail: '', word: 'sync_built_on' });
      }
      return built.filter((one) => book.records.some((kept) => kept.id === one.id));
    });
    await this.read();
    this.kick();
    return lost;
  }

  /** Send an edit that was refused once more, on top of the newest. */
  async retry(refused: Pick<Refused, 'id'>): Promise<void> {
    const outbox = await this.open();
    await outbox.update((book) => sendAgain(book, refused.id, this.mirror.revision));
    await this.read();
    this.kick();
  }

  /** Give an edit that was refused up for good. */
  async discard(refused: Pick<Refused, 'id'>): Promise<void> {
    const outbox = await this.open();
    await outbox.update((book) => drop(book, refused.id));
    await this.read();
  }

  /** Go on after somebody signed in; edits go out only in the name of who made them. */
  async signedIn(name: string): Promise<void> {
    if (name === this.given.me) await this.step();
    else this.stop();
  }

  /** Fetch, then send what waits; one round at a time. */
  step(): Promise<void> {
    this.isAskedAgain = this.running !== null;
    this.running ??= this.rounds().finally(() => {
      this.running = null;
      // asked at the very end of the last round
      if (this.isAskedAgain) void this.step();
      else this.schedule();
    });
    return this.running;
  }

  private kick(): void {
    if (this.isOn) void this.step();
  }

  private async rounds(): Promise<void> {
    do {
      this.isAskedAgain = false;
      try {
        await this.round();
        this.trouble = null;
        this.said = '';
        this.failures = 0;
      } catch (error) {
        this.failures++;
        await this.failed(error);
      }
      this.isSending = false;
      this.tell();
      // asked while a round failed: by a line that came back, or by who signed in
    } while (this.isAskedAgain);
  }

  private async round(): Promise<void> {
    const outbox = await this.open();
    await this.read();
    const { base } = this.mirror;
    try {
      await this.mirror.pull();
    } finally {
      // also what came before it broke off: the next one begins after that
      if (this.mirror.base !== base) this.show();
    }
    const { planId: plan, mirror, options } = this;
    const { me, ground } = this.given;
    for (;;) {
      const record = await this.claimNext(outbox);
      if (record === null) {
        return;
      }
      this.isSending = true;
      this.tell();
      const renew = setInterval(() => void this.hold(outbox), LEASE_MS / 3);
      try {
        await sendRecord({ plan, me, ground, mirror, outbox, options }, record);
      } finally {
        clearInterval(renew);
        await this.read();
        this.show();
      }
    }
  }

  /** Return the next record to send, if there is one and no other tab sends. */
  private claimNext(outbox: Outbox): Promise<Waiting | null> {
    return outbox.update((book) => {
      const now = Date.now();
      prune(book, now);
      const next = nextToSend(book);
      if (next === null && book.lease?.owner === this.id) book.lease = null;
      return next !== null && takeLease(book, this.id, now, LEASE_MS) ? next : null;
    });
  }

  private hold(outbox: Outbox): Promise<boolean> {
    return outbox.update((book) => takeLease(book, this.id, Date.now(), LEASE_MS));
  }

  private async letGo(): Promise<void> {
    await this.outbox?.update((book) => {
      if (book.lease?.owner === this.id) book.lease = null;
    });
  }

  private async failed(error: unknown): Promise<void> {
    this.said = error instanceof ServerError ? error.detail : '';
    if (!(error instanceof ServerError)) {
      this.trouble = 'offline';
    } else if (error.status === 401) {
      this.trouble = 'signed_out';
    } else if (error.status === 403 || error.status === 404) {
      // the draft is gone, or not for these eyes any more: say so at every edit that waits
      const reason = { status: error.status, detail: error.detail || error.title, word: null };
      const outbox = await this.open();
      await outbox.update((book) => {
        for (const one of book.records) {
          if (one.state === 'waiting') refuse(book, one.id, reason);
        }
      });
      await this.read();
    } else {
      this.trouble = 'offline';
    }
  }

  private schedule(): void {
    if (!this.isOn) {
      return;
    }
    clearTimeout(this.timer);
    const wait = this.failures === 0 ? POLL_MS : Math.min(SLOWEST_MS, 1_000 * 2 ** this.failures);
    // not all browsers of an office at the same moment
    this.timer = setTimeout(() => void this.step(), wait * (0.8 + 0.4 * Math.random()));
  }

  private async flip(way: 'undo' | 'redo'): Promise<void> {
    const outbox = await this.open();
    const { mirror } = this;
    const { ground } = this.given;
    await outbox.update((book) => {
      const item = itemFor(book, way);
      const again = ({ edits, note, codes }: Item) =>
        recordOn(book, mirror, ground, edits, note, codes);
      if (item) flip(book, item, mirror.revision, again);
    });
    await this.read();
    this.kick();
  }

  /** Take over the book as it is now, and show it if it changed. */
  private async read(): Promise<void> {
    if (this.outbox === null) {
      return;
    }
    const text = await this.outbox.update((book) => JSON.stringify({ ...book, lease: null }));
    if (text === this.text) {
      return;
    }
    const known = new Map(this.book.codes);
    this.text = text;
    this.book = JSON.parse(text) as Book;
    const news = new Map(this.book.codes.filter(([code]) => !known.has(code)));
    this.show();
    if (news.size > 0) this.given.onCodes?.(news);
  }

  private show(): void {
    const { base } = this.mirror;
    const sheet = folded(this.book, this.mirror, this.given.ground);
    const { walks } = this.given;
    this.layout.value = sheet.entries.length === 0 ? base : sheet.done(walks?.() ?? null);
    const { conflicts, refused } = asideIn(this.book);
    this.conflicts.value = conflicts;
    this.refused.value = refused;
    this.canUndo.value = itemFor(this.book, 'undo') !== null;
    this.canRedo.value = itemFor(this.book, 'redo') !== null;
    this.tell();
  }

  private tell(): void {
    const { records } = this.book;
    const waiting = records.filter((one) => one.state === 'waiting').length;
    const open = this.conflicts.value.length;
    let state: Saving['state'] = 'saved';
    if (this.trouble !== null && (this.trouble === 'signed_out' || waiting + open > 0)) {
      state = this.trouble;
    } else if (open > 0) state = 'conflict';
    else if (this.refused.value.length > 0) state = 'refused';
    else if (this.trouble !== null) state = this.trouble;
    else if (waiting > 0 || this.isSending) state = 'saving';
    this.saving.value = { state, waiting: waiting + open, said: this.said };
  }
}
