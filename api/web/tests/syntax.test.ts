/**
 * What is built runs in Chrome 86 and Firefox 102, and is small.
 *
 * The page is built into a folder of its own, parsed as ECMAScript 2020, and searched for names
 * that came to browsers later.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { parse } from 'acorn';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const MOST_BYTES = 250_000;
/** methods that Chrome 86 or Firefox 102 does not have; also those that need a secure context */
const NEWER_METHODS = [
  'at',
  'difference',
  'findLast',
  'findLastIndex',
  'groupBy',
  'intersection',
  'isSubsetOf',
  'randomUUID',
  'showPicker',
  'startViewTransition',
  'toReversed',
  'toSorted',
  'toSpliced',
  'union',
  'withResolvers',
];
const NEWER_STATICS: Record<string, readonly string[]> = {
  Object: ['hasOwn', 'groupBy'],
  Array: ['fromAsync'],
  Promise: ['withResolvers', 'try'],
  AbortSignal: ['timeout', 'any'],
  URL: ['canParse', 'parse'],
  crypto: ['randomUUID', 'subtle'],
  navigator: ['locks', 'serviceWorker', 'userAgentData'],
};
const NEWER_GLOBALS = new Set([
  'structuredClone',
  'CompressionStream',
  'DecompressionStream',
  'reportError',
  'EyeDropper',
  'scheduler',
  'Temporal',
]);

interface Node {
  type: string;
  [member: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return value !== null && typeof value === 'object' && 'type' in value;
}

/** Walk a tree with its parents' help: which names are asked of what. */
function newerNames(root: Node): string[] {
  const found: string[] = [];
  const visit = (node: Node) => {
    if (node.type === 'MemberExpression' && node.computed === false) {
      const name = (node.property as Node).name as string;
      const of = (node.object as Node).name as string | undefined;
      if (of !== undefined && NEWER_STATICS[of]?.includes(name)) found.push(`${of}.${name}`);
    }
    if (node.type === 'CallExpression') {
      const callee = node.callee as Node;
      const name = (callee.property as Node | undefined)?.name as string | undefined;
      if (callee.type === 'MemberExpression' && name && NEWER_METHODS.includes(name)) {
        found.push(`.${name}()`);
      }
      if (callee.type === 'Identifier' && NEWER_GLOBALS.has(callee.name as string)) {
        found.push(`${callee.name as string}()`);
      }
    }
    if (node.type === 'NewExpression') {
      const name = (node.callee as Node).name as string | undefined;
      if (name !== undefined && NEWER_GLOBALS.has(name)) found.push(`new ${name}`);
    }
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child);
    }
  };
  visit(root);
  return found;
}

describe('the built page', { timeout: 120_000 }, () => {
  const out = mkdtempSync(join(tmpdir(), 'geogrid-web-'));
  let files: { name: string; body: Buffer }[] = [];

  beforeAll(async () => {
    const root = fileURLToPath(new URL('..', import.meta.url));
    // Vitest says "test", and libraries would bring more than in truth
    vi.stubEnv('NODE_ENV', 'production');
    await build({ root, logLevel: 'error', build: { outDir: out, emptyOutDir: true } });
    vi.unstubAllEnvs();
    files = (readdirSync(out, { recursive: true }) as string[])
      .filter((name) => /\.(js|css)$/.test(name))
      .map((name) => ({ name, body: readFileSync(join(out, name)) }));
  }, 120_000);

  afterAll(() => rmSync(out, { recursive: true, force: true }));

  test('has scripts and styles', () => {
    expect(files.some(({ name }) => name.endsWith('.js'))).toBe(true);
  });

  test('is ECMAScript 2020 and names nothing newer than Chrome 86', () => {
    for (const { name, body } of files.filter((one) => one.name.endsWith('.js'))) {
      const tree = parse(body.toString('utf8'), { ecmaVersion: 2020, sourceType: 'module' });
      expect(newerNames(tree as unknown as Node), name).toEqual([]);
    }
  });

  test('styles name nothing that Chrome 86 does not know', () => {
    const newer =
      /:(?:is|where|has)\(|[;{\s]inset(?:-\w+)?:|aspect-ratio:|\d(?:dvh|svh|lvh|dvw|cqw|cqi)\b|color-mix\(|@layer|@container|accent-color:/;
    for (const { name, body } of files.filter((one) => one.name.endsWith('.css'))) {
      expect(newer.exec(body.toString('utf8'))?.[0], name).toBeUndefined();
    }
  });

  test('is small', () => {
    const sizes = files.map(({ body }) => gzipSync(body).length);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    console.log(`${total} bytes gzip in ${files.length} files`);
    expect(total).toBeLessThan(MOST_BYTES);
  });

  test('the search for newer names finds them', () => {
    const text =
      'a.at(-1); Object.hasOwn(a, b); structuredClone(a); crypto.subtle; new EyeDropper()';
    const tree = parse(text, { ecmaVersion: 2020, sourceType: 'module' });
    const found = newerNames(tree as unknown as Node);
    expect(found).toEqual(
      expect.arrayContaining(['.at()', 'Object.hasOwn', 'structuredClone()', 'new EyeDropper']),
    );
    expect(() => parse('a ??= 1', { ecmaVersion: 2020, sourceType: 'module' })).toThrow();
  });
});
