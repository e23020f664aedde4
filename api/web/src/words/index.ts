/** What the page says: one table per language; a missing word is a type error. */
import { language } from '../app/state';
import en from './en.json';
import zh from './zh.json';

const TABLES = { zh, en } as const;
export type Word = keyof typeof zh;

/** Return a sentence in the reader's language, with {name}d places filled. */
export function say(word: Word, values: Record<string, string | number> = {}): string {
  const text: string = TABLES[language.value][word];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
