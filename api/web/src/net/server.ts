/** How the page talks to the server: relative addresses, problem details, no silent failures. (Owner: C) */

/** The server's refusal (RFC 9457). */
export class ServerError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly body: Record<string, unknown>,
  ) {
    super(`${status} ${title}: ${detail}`);
    this.name = 'ServerError';
  }
}

/** No answer came: offline, the server is down, or it took too long. What was sent may have arrived. */
export class OfflineError extends Error {
  constructor(readonly reason: string) {
    super(reason);
    this.name = 'OfflineError';
  }
}

export interface Options {
  signal?: AbortSignal;
  /** revision that the caller has seen, as an ETag without quotes */
  ifMatch?: string;
  timeoutMs?: number;
  /** for tests; by default the browser's own */
  fetch?: typeof fetch;
}

const TIMEOUT_MS = 30_000;
/** from its first byte to its last; a ground takes long over a bad line */
const WHOLE_MS = 120_000;
/** answers of a proxy whose service is away, or of a service that asks to wait */
const AWAY = new Set([429, 502, 503, 504]);

/** Return an address beneath the folder that the page came from. */
export function addressOf(path: string): string {
  return typeof document === 'undefined' ? path : new URL(path, document.baseURI).href;
}

/**
 * Ask the server, and `take` from the answer what is wanted. An answer that is no success becomes
 * a `ServerError`; one that breaks off, or stops coming, is as good as none.
 */
async function request<T>(
  method: string,
  path: string,
  body: unknown,
  options: Options,
  take: (response: Response) => Promise<T> | T,
): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET') headers['X-Geogrid'] = '1';
  // a file goes as it is, under its own type
  const isFile = typeof Blob !== 'undefined' && body instanceof Blob;
  if (body !== undefined) headers['Content-Type'] = isFile ? body.type : 'application/json';
  if (options.ifMatch !== undefined) headers['If-Match'] = `"${options.ifMatch}"`;
  const abort = new AbortController();
  const stop = () => abort.abort();
  options.signal?.addEventListener('abort', stop);
  if (options.signal?.aborted) stop();
  let timer = setTimeout(stop, options.timeoutMs ?? TIMEOUT_MS);
  const init: RequestInit = { method, headers, credentials: 'same-origin', signal: abort.signal };
  if (body !== undefined) init.body = isFile ? body : JSON.stringify(body);
  try {
    const response = await (options.fetch ?? fetch)(addressOf(path), init);
    clearTimeout(timer);
    timer = setTimeout(stop, WHOLE_MS);
    if (!response.ok) throw await problemOf(response);
    return await take(response);
  } catch (error) {
    if (error instanceof ServerError) {
      throw error;
    }
    throw new OfflineError(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', stop);
  }
}

async function problemOf(response: Response): Promise<Error> {
  let body: Record<string, unknown> = {};
  try {
    const told: unknown = await response.json();
    if (told !== null && typeof told === 'object') body = told as Record<string, unknown>;
  } catch {
    // a proxy's own page is no problem details
  }
  if (AWAY.has(response.status)) {
    return new OfflineError(`${response.status} ${String(body.detail ?? response.statusText)}`);
  }
  return new ServerError(
    response.status,
    String(body.title ?? response.statusText),
    String(body.detail ?? ''),
    body,
  );
}

const json = async <T>(response: Response) => (await response.json()) as T;

export async function getJson<T>(path: string, options: Options = {}): Promise<T> {
  return request('GET', path, undefined, options, json<T>);
}

export async function post<T>(path: string, body: unknown, options: Options = {}): Promise<T> {
  return request('POST', path, body, options, json<T>);
}

/** Send what is answered without a body. */
export async function send(
  method: 'POST' | 'DELETE',
  path: string,
  body: unknown,
  options: Options = {},
): Promise<void> {
  await request(method, path, body, options, () => undefined);
}

/** Fetch a file to hand on; the name that the server gives it, if any. */
export async function getFile(
  path: string,
  options: Options = {},
): Promise<{ blob: Blob; name: string | null }> {
  return request('GET', path, undefined, { timeoutMs: 120_000, ...options }, async (response) => {
    const told = response.headers.get('Content-Disposition') ?? '';
    const encoded = /filename\*=UTF-8''([^;]+)/i.exec(told)?.[1];
    const quoted = /filename="?([^";]+)"?/i.exec(told)?.[1];
    const name = encoded === undefined ? (quoted ?? null) : decodeURIComponent(encoded);
    return { blob: await response.blob(), name };
  });
}
