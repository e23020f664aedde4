/** The find box: whatever people type for a place, a grid, a community or a beat. (Owner: C) */
import type { Ground } from './ground';
import type { Layout } from './layout';
import type { Subject } from './types';

export interface Hit {
  subject: Subject;
  title: string;
  detail: string;
}

interface Entry extends Hit {
  keys: string[];
  code: string;
  rank: number;
}

interface House {
  road: string;
  number: number;
  entry: Entry;
}

export interface Index {
  entries: Entry[];
  houses: Map<string, House[]>;
  /** names that may stand before a road, the longest first */
  places: string[];
}

const DIGITS = '零一二三四五六七八九';
const SAME: Record<string, string> = { 號: '号', 樓: '楼', 單: '单', '—': '-', '–': '-', '−': '-' };
const REGION = /^(?:[^省]{2,3}省)?(?:[^市区县路号\d]{2,4}市)?(?:[^区县路号\d]{1,4}[区县])?/;
const NUMBERED = /^(\D{2,}?)(\d{1,5})(?:号|$|\D)/;
/** further along the road is another neighbourhood */
const MOST_APART = 20;
// whoever types a road looks for a house on it, not for all grids of a community called after it
const RANKS = { subdistrict: 0, community: 1, courtyard: 2, grid: 3, beat: 4 };

function spelt(found: string): string {
  const parts = /^(?:(.)百)?零?(?:(.?)十)?(.?)$/.exec(found);
  if (!parts) {
    return found;
  }
  const [, hundreds, tens, ones] = parts;
  let total = hundreds ? DIGITS.indexOf(hundreds) * 100 : 0;
  if (tens !== undefined) total += tens === '' ? 10 : DIGITS.indexOf(tens) * 10;
  if (ones) total += DIGITS.indexOf(ones);
  return total > 0 ? String(total) : found;
}

/**
 * Write an address or a name the one way in which they are compared.
 *
 * Full-width signs, spaces, 號, numbers spelt before 号 or 弄, and 69号甲 for 69甲号 are all fine.
 */
export function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[號樓單—–−]/g, (sign) => SAME[sign]!)
    .replace(/\s+/g, '')
    .replace(/[一二三四五六七八九十百零]+(?=[号弄])/g, spelt)
    .replace(/(\d)号?([甲乙丙丁戊])号?/g, '$1$2号')
    .replace(/(\d+)号-(\d+)号?/g, '$1-$2号');
}

function houseOf(key: string): { road: string; number: number } | null {
  const found = NUMBERED.exec(key);
  return found ? { road: found[1]!, number: Number(found[2]) } : null;
}

/** Gather everything that can be found in a layout. */
export function makeIndex(ground: Ground, layout: Layout): Index {
  const entries: Entry[] = [];
  const houses = new Map<string, House[]>();
  const add = (subject: Subject, title: string, detail: string, code: string, more: string[]) => {
    const keys = [...new Set([title, ...more].filter(Boolean).map(plain))];
    const entry = { subject, title, detail, keys, code: plain(code), rank: RANKS[subject.kind] };
    entries.push(entry);
    return entry;
  };
  const nameOf = (named: { name: string } | undefined) => named?.name ?? '';
  for (const one of ground.subdistricts.values()) {
    add({ kind: 'subdistrict', code: one.id }, one.name || one.id, one.id, one.id, []);
  }
  for (const one of ground.communities.values()) {
    const detail = [nameOf(ground.subdistricts.get(one.parent)), one.id].filter(Boolean);
    add({ kind: 'community', code: one.id }, one.name || one.id, detail.join(' · '), one.id, []);
  }
  for (const grid of layout.grids.values()) {
    const home = nameOf(ground.communities.get(grid.community));
    const usual = grid.serial > 0 ? `${home}第${grid.serial}网格` : '';
    const subject: Subject = { kind: 'grid', layer: 'gov_grids', code: grid.code };
    const detail = grid.name && !grid.code.startsWith('new:') ? grid.code : home;
    add(subject, grid.name || grid.code, detail, grid.code, [usual]);
  }
  for (const one of ground.basicGrids.values()) {
    const subject: Subject = { kind: 'grid', layer: 'basic_grids', code: one.id };
    add(subject, one.name || one.id, one.id, one.id, []);
  }
  const stations = new Map(ground.stations.map((one) => [one.id, one.name]));
  for (const one of ground.beats.values()) {
    const station = stations.get(one.parent) ?? one.parent;
    add({ kind: 'beat', id: one.id }, one.name || one.id, station, one.id, [station]);
  }
  for (const one of ground.courtyards) {
    const grid = nameOf(layout.grids.get(layout.codeOf[one.row]!));
    const title = one.name || one.address || one.id;
    const detail = [one.address === title ? '' : one.address, grid].filter(Boolean).join(' · ');
    const entry = add({ kind: 'courtyard', id: one.id }, title, detail, one.id, [one.address]);
    const roads = new Set<string>();
    for (const key of entry.keys) {
      const house = houseOf(key);
      if (house && !roads.has(house.road)) {
        roads.add(house.road);
        const list = houses.get(house.road);
        if (list) list.push({ ...house, entry });
        else houses.set(house.road, [{ ...house, entry }]);
      }
    }
  }
  const named = [...ground.subdistricts.values(), ...ground.communities.values()];
  const places = [...new Set(named.map(({ name }) => plain(name)))].filter(Boolean);
  return { entries, houses, places: places.sort((a, b) => b.length - a.length) };
}

/** 0 equal, 1 begins with, 2 begins with another number, 3 ends with, 4 contains, 9 not at all. */
function scoreOf(entry: Entry, text: string, words: readonly string[]): number {
  let best = entry.code === text ? 0 : 9;
  for (const key of entry.keys) {
    if (key === text || key === `${text}号` || key === `${text}院` || key === `${text}号院`) {
      best = 0;
    } else if (key.startsWith(text)) {
      // 江西路1 is not 江西路12, though it may become that
      const goesOn = /\d$/.test(text) && /^\d/.test(key.slice(text.length));
      best = Math.min(best, goesOn ? 2 : 1);
    } else if (key.endsWith(text)) {
      best = Math.min(best, 3);
    }
  }
  if (best > 3) {
    // of codes only three signs and more mean anything
    const has = (word: string) =>
      entry.keys.some((key) => key.includes(word)) ||
      (word.length > 2 && entry.code.includes(word));
    if (words.every(has)) best = 4;
  }
  return best;
}

function ranked(index: Index, text: string, words: readonly string[]): Entry[] {
  const found: { entry: Entry; score: number }[] = [];
  for (const entry of index.entries) {
    const score = scoreOf(entry, text, words);
    if (score < 9) found.push({ entry, score });
  }
  const order = (a: Entry, b: Entry) =>
    a.rank - b.rank ||
    a.title.length - b.title.length ||
    a.title.localeCompare(b.title, 'zh', { numeric: true });
  found.sort((a, b) => a.score - b.score || order(a.entry, b.entry));
  return found.map(({ entry }) => entry);
}

function* variants(index: Index, text: string): Generator<string> {
  yield text;
  let rest = text.replace(REGION, '');
  yield rest;
  // a subdistrict, then a community in it
  for (let i = 0; i < 2; i++) {
    const place = index.places.find((name) => rest.startsWith(name));
    if (place === undefined) return;
    rest = rest.slice(place.length);
    yield rest;
  }
}

/** Return the courtyards nearest to a number on its road; its own side of the road first. */
function onRoad(index: Index, text: string): Entry[] {
  const asked = houseOf(text);
  const known = asked ? index.houses.get(asked.road) : undefined;
  if (!asked || !known) {
    return [];
  }
  const apart = (house: House) => Math.abs(house.number - asked.number);
  const side = (house: House) => (house.number - asked.number) % 2 !== 0;
  return known
    .filter((house) => apart(house) <= MOST_APART)
    .sort((a, b) => Number(side(a)) - Number(side(b)) || apart(a) - apart(b))
    .map(({ entry }) => entry);
}

/** Find what a text means, the likest first; empty for an empty text. */
export function find(index: Index, text: string, limit = 20): Hit[] {
  const whole = plain(text);
  if (whole === '') {
    return [];
  }
  const words = text.trim().split(/\s+/).map(plain).filter(Boolean);
  let found: Entry[] = [];
  for (const variant of new Set(variants(index, whole))) {
    if (variant !== '') {
      found = ranked(index, variant, variant === whole ? words : [variant]);
    }
    if (found.length > 0) break;
  }
  if (found.length === 0) {
    for (const variant of new Set(variants(index, whole))) {
      found = onRoad(index, variant);
      if (found.length > 0) break;
    }
  }
  return found.slice(0, limit).map(({ subject, title, detail }) => ({ subject, title, detail }));
}
