/** Colours of grids and themes, and what they mean. (Owner: C) */
import en from '../words/en.json';
import zh from '../words/zh.json';
import type { Ground } from './ground';
import type { GridFacts, Layout } from './layout';
import { colourGraph } from './neighbours';
import {
  CHANGED,
  DEVIATION,
  DEVIATION_BREAKS,
  KINDS,
  PALETTE,
  type Scheme,
  UNKNOWN,
  WALK,
} from './palette';
import type { Language, Theme } from './types';

export { neighbourColours } from './neighbours';
export type { Scheme } from './palette';
export { PALETTE, UNKNOWN } from './palette';

/** A theme's colours: by grid, or by courtyard where grids are not what it tells of. */
export interface Paint {
  by: 'grid' | 'courtyard';
  /** colour of each row; '' for a courtyard in no grid */
  ofRow: string[];
  /** empty where the theme goes by courtyard */
  ofGrid: Map<string, string>;
}

export interface Legend {
  title: string;
  items: { colour: string; label: string }[];
}

export interface ThemeOptions {
  scheme?: Scheme;
  /** numbers from `neighbourColours` */
  numbers?: ReadonlyMap<string, number>;
  /** what the theme "changes" compares with; of the same ground */
  before?: Layout | null;
}

const COMMITTEES = ['owners', 'self', 'none'] as const;
const PROPERTIES = ['contract', 'trial', 'none'] as const;

const breaksOf = new WeakMap<Layout, number[]>();

/** Choose four round limits that share the grids out about evenly. */
export function walkBreaks(layout: Layout): number[] {
  const kept = breaksOf.get(layout);
  if (kept) {
    return kept;
  }
  const known: number[] = [];
  for (const { walkMean } of layout.grids.values()) {
    if (walkMean !== null) known.push(walkMean);
  }
  known.sort((a, b) => a - b);
  const cuts = known.length
    ? [0.2, 0.4, 0.6, 0.8].map((share) => {
        const at = share * (known.length - 1);
        const low = known[Math.floor(at)]!;
        const cut = low + (known[Math.ceil(at)]! - low) * (at - Math.floor(at));
        return Math.max(10, Math.round(cut / 10) * 10);
      })
    : [];
  const breaks = [...new Set(cuts)].sort((a, b) => a - b);
  breaksOf.set(layout, breaks);
  return breaks;
}

function classOf(value: number, breaks: readonly number[]): number {
  let at = 0;
  while (at < breaks.length && value >= breaks[at]!) at++;
  return at;
}

/** Number the beats so that many of them share a colour only if they must. */
function beatNumber(ground: Ground, beat: string): number {
  let i = 0;
  for (const id of ground.beats.keys()) {
    if (id === beat) return i;
    i++;
  }
  return 0;
}

function gridColour(
  theme: Theme,
  facts: GridFacts,
  layout: Layout,
  beats: ReadonlyMap<string, number>,
  scheme: Scheme,
  numbers: ReadonlyMap<string, number>,
): string {
  const palette = PALETTE[scheme];
  switch (theme) {
    case 'households':
      return facts.deviation === null
        ? UNKNOWN[scheme]
        : DEVIATION[scheme][classOf(facts.deviation, DEVIATION_BREAKS)]!;
    case 'walk':
      return facts.walkMean === null
        ? UNKNOWN[scheme]
        : WALK[scheme][classOf(facts.walkMean, walkBreaks(layout))]!;
    case 'beats':
      return facts.beat === null
        ? UNKNOWN[scheme]
        : palette[(beats.get(facts.beat) ?? 0) % palette.length]!;
    default:
      return palette[(numbers.get(facts.code) ?? 0) % palette.length]!;
  }
}

const beatNumbers = new WeakMap<Layout, Map<string, number>>();

/** Colour beats so that those whose grids touch differ. */
function beatColours(layout: Layout, ground: Ground): Map<string, number> {
  const kept = beatNumbers.get(layout);
  if (kept) {
    return kept;
  }
  const of = layout.codeOf.map((code) => layout.grids.get(code)?.beat ?? '');
  const colours = colourGraph(of, ground, new Map());
  for (const id of ground.beats.keys()) {
    if (!colours.has(id)) colours.set(id, beatNumber(ground, id) % 7);
  }
  beatNumbers.set(layout, colours);
  return colours;
}

function kindColour(value: unknown, kinds: readonly string[], scheme: Scheme): string {
  const at = kinds.indexOf(String(value));
  return KINDS[scheme][at < 0 ? 3 : at]!;
}

/** Return the colours of a theme for every grid and courtyard. */
export function paintOf(
  theme: Theme,
  layout: Layout,
  ground: Ground,
  options: ThemeOptions = {},
): Paint {
  const scheme = options.scheme ?? 'light';
  const none = '';
  if (theme === 'committee' || theme === 'property' || theme === 'changes') {
    const ofRow = ground.courtyards.map(({ row, more }) => {
      if (theme === 'committee') return kindColour(more.committee, COMMITTEES, scheme);
      if (theme === 'property') return kindColour(more.property_service, PROPERTIES, scheme);
      const before = options.before?.codeOf[row];
      return CHANGED[scheme][before !== undefined && before !== layout.codeOf[row] ? 0 : 1];
    });
    return { by: 'courtyard', ofRow, ofGrid: new Map() };
  }
  const beats = theme === 'beats' ? beatColours(layout, ground) : new Map<string, number>();
  const ofGrid = new Map<string, string>();
  for (const facts of layout.grids.values()) {
    const colour = gridColour(theme, facts, layout, beats, scheme, options.numbers ?? new Map());
    ofGrid.set(facts.code, colour);
  }
  return { by: 'grid', ofRow: layout.codeOf.map((code) => ofGrid.get(code) ?? none), ofGrid };
}

/** Return the colour of one courtyard in a theme; for many ask `paintOf` once. */
export function themeColour(
  theme: Theme,
  row: number,
  layout: Layout,
  ground: Ground,
  options: ThemeOptions = {},
): string {
  return paintOf(theme, layout, ground, options).ofRow[row] ?? '';
}

type LegendWord = Extract<keyof typeof zh, `legend_${string}` | 'map_metres'>;

function teller(language: Language): (word: LegendWord, values?: object) => string {
  const table: Record<LegendWord, string> = language === 'zh' ? zh : en;
  return (word, values = {}) =>
    table[word].replace(/\{(\w+)\}/g, (whole, name: string) =>
      String((values as Record<string, unknown>)[name] ?? whole),
    );
}

function signed(share: number): string {
  const percent = Math.round(share * 100);
  return `${percent > 0 ? '+' : percent < 0 ? '−' : ''}${Math.abs(percent)}%`;
}

/** Return what a theme's colours mean; no items where they only tell neighbours apart. */
export function legendOf(
  theme: Theme,
  layout: Layout,
  ground: Ground,
  language: Language,
  scheme: Scheme = 'light',
): Legend {
  const say = teller(language);
  const items: Legend['items'] = [];
  if (theme === 'households') {
    const b = DEVIATION_BREAKS;
    DEVIATION[scheme].forEach((colour, i) => {
      const label =
        i === 0
          ? say('legend_below', { at: signed(b[0]) })
          : i === b.length
            ? say('legend_above', { at: signed(b[b.length - 1]!) })
            : say('legend_between', { from: signed(b[i - 1]!), to: signed(b[i]!) });
      items.push({ colour, label });
    });
    const target = Math.round(ground.wire.rules.target);
    return { title: say('legend_households', { target }), items };
  }
  if (theme === 'walk') {
    const b = walkBreaks(layout);
    for (let i = 0; i <= b.length && b.length > 0; i++) {
      const label =
        i === 0
          ? say('legend_below', { at: say('map_metres', { n: b[0]! }) })
          : i === b.length
            ? say('legend_above', { at: say('map_metres', { n: b[i - 1]! }) })
            : say('legend_between', { from: `${b[i - 1]}`, to: say('map_metres', { n: b[i]! }) });
      items.push({ colour: WALK[scheme][i]!, label });
    }
    return { title: say('legend_walk'), items };
  }
  if (theme === 'committee' || theme === 'property') {
    const kinds = theme === 'committee' ? COMMITTEES : PROPERTIES;
    const known = theme === 'committee' ? 'committee' : 'property_service';
    kinds.forEach((kind, i) => {
      items.push({
        colour: KINDS[scheme][i]!,
        label: say(`legend_${theme}_${kind}` as LegendWord),
      });
    });
    if (
      ground.courtyards.some(({ more }) => !(kinds as readonly unknown[]).includes(more[known]))
    ) {
      items.push({ colour: KINDS[scheme][3]!, label: say('legend_unknown') });
    }
    return { title: say(`legend_${theme}`), items };
  }
  if (theme === 'changes') {
    items.push({ colour: CHANGED[scheme][0], label: say('legend_changed') });
    items.push({ colour: CHANGED[scheme][1], label: say('legend_same') });
    return { title: say('legend_changes'), items };
  }
  return { title: say(theme === 'beats' ? 'legend_beats' : 'legend_grids'), items };
}
