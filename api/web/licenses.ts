/** Name every library whose code is in the bundle, with its licence, in one file beside it. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';

const FOLDER = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/;

export function licenses(fileName: string): Plugin {
  return {
    name: 'licenses',
    generateBundle(_, bundle) {
      const folders = new Set<string>();
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        for (const id of chunk.moduleIds) {
          const found = FOLDER.exec(id.replace(/^\0/, ''));
          if (found?.[1]) folders.add(found[1]);
        }
      }
      const texts = [...folders].sort().map(licence);
      this.emitFile({ type: 'asset', fileName, source: `${texts.join('\n\n')}\n` });
    },
  };
}

function licence(folder: string): string {
  const told = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf-8'));
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (!file) throw new Error(`${told.name} brings no licence (${dirname(folder)})`);
  const text = readFileSync(join(folder, file), 'utf-8').trim();
  return `${told.name} ${told.version} (${told.license})\n\n${text}`;
}
