/**
 * Where the book is kept: IndexedDB, so that it outlives the tab; else in memory. (Owner: C)
 *
 * Every change is one transaction that reads, changes and writes the whole book; the browser lets
 * one tab in at a time, so that tabs share it without ever seeing half a change.
 */
import { type Book, emptyBook } from './book';

export interface Outbox {
  /** Change the book; what `change` returns is returned. It may run again, so it does nothing else. */
  update<T>(change: (book: Book) => T): Promise<T>;
  /** Call when another tab changed the book; returns what stops that. */
  watch(changed: () => void): () => void;
  /** false: the book ends with the page */
  readonly isDurable: boolean;
  close(): void;
}

const STORE = 'books';
const OPEN_MS = 3_000;

/** A book that ends with the page, or with the test. */
export class MemoryOutbox implements Outbox {
  readonly isDurable = false;
  private watchers = new Set<() => void>();

  private text: string;

  constructor(book: Book = emptyBook()) {
    this.text = JSON.stringify(book);
  }

  async update<T>(change: (book: Book) => T): Promise<T> {
    const book = JSON.parse(this.text) as Book;
    const result = change(book);
    const text = JSON.stringify(book);
    if (text !== this.text) {
      this.text = text;
      for (const changed of this.watchers) changed();
    }
    return result;
  }

  watch(changed: () => void): () => void {
    this.watchers.add(changed);
    return () => this.watchers.delete(changed);
  }

  close(): void {}
}

function opened(factory: IDBFactory): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    // a private window may never answer
    const timer = setTimeout(() => reject(new Error('IndexedDB does not answer')), OPEN_MS);
    const request = factory.open('geogrid', 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => {
      clearTimeout(timer);
      resolve(request.result);
    };
    request.onerror = () => {
      clearTimeout(timer);
      reject(request.error);
    };
  });
}

class DurableOutbox implements Outbox {
  private fallback: MemoryOutbox | null = null;
  private last: Book = emptyBook();
  private readonly channel: BroadcastChannel | null;
  private readonly watchers = new Set<() => void>();

  constructor(
    private readonly database: IDBDatabase,
    private readonly key: string,
    private readonly lost: () => void,
  ) {
    this.channel =
      typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(`geogrid ${key}`);
    if (this.channel) {
      this.channel.onmessage = () => {
        for (const changed of this.watchers) changed();
      };
    }
  }

  get isDurable(): boolean {
    return this.fallback === null;
  }

  async update<T>(change: (book: Book) => T): Promise<T> {
    if (this.fallback === null) {
      try {
        return await this.transact(change);
      } catch (error) {
        if (error instanceof ChangeError) throw error.cause;
        // the disk is full, or the browser took the database away: go on in memory
        this.fallback = new MemoryOutbox(this.last);
        for (const changed of this.watchers) this.fallback.watch(changed);
        this.lost();
      }
    }
    return this.fallback.update(change);
  }

  private transact<T>(change: (book: Book) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(STORE, 'readwrite');
      const store = transaction.objectStore(STORE);
      const read = store.get(this.key);
      let result: T;
      let book: Book;
      let isChanged = false;
      let thrown: ChangeError | null = null;
      read.onsuccess = () => {
        book = { ...emptyBook(), ...(read.result as Book | undefined) };
        const before = JSON.stringify(book);
        try {
          result = change(book);
        } catch (error) {
          thrown = new ChangeError(error);
          transaction.abort();
          return;
        }
        const after = JSON.stringify(book);
        isChanged = after !== before;
        // what the caller was handed may change later; what is kept may not
        if (isChanged) store.put(JSON.parse(after), this.key);
      };
      transaction.oncomplete = () => {
        this.last = book;
        if (isChanged) {
          this.channel?.postMessage(null);
          for (const changed of this.watchers) changed();
        }
        resolve(result);
      };
      transaction.onabort = () => reject(thrown ?? transaction.error);
      transaction.onerror = () => reject(thrown ?? transaction.error);
    });
  }

  watch(changed: () => void): () => void {
    this.watchers.add(changed);
    const stop = this.fallback?.watch(changed);
    return () => {
      this.watchers.delete(changed);
      stop?.();
    };
  }

  close(): void {
    this.channel?.close();
    this.database.close();
  }
}

/** What a change threw; the database is not to blame. */
class ChangeError extends Error {
  constructor(readonly cause: unknown) {
    super('a change of the book failed');
  }
}

/**
 * Open the book of one person and plan; in memory where IndexedDB is missing or blocked.
 * `lost` is called if the database goes away later.
 */
export async function openOutbox(
  key: string,
  lost: () => void = () => {},
  factory: IDBFactory | undefined = globalThis.indexedDB,
): Promise<Outbox> {
  try {
    if (factory) {
      return new DurableOutbox(await opened(factory), key, lost);
    }
  } catch {
    // blocked: what follows says so by isDurable
  }
  return new MemoryOutbox();
}
