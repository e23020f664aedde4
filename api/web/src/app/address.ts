/**
 * The address of the page: map?plan=3&grid=gov_grids:CODE&theme=…&lang=en&with=2. It names what is shown,
 * so that it can be sent to a colleague; a new selection is a step that Back undoes.
 */
import type { GridLayer, Language, Subject, Theme } from '../model/types';

export interface Place {
  plan: number | null;
  subject: Subject | null;
  theme: Theme | null;
  language: Language | null;
  /** plan to compare with */
  with: number | null;
}

const THEMES: readonly string[] = [
  'grids',
  'households',
  'walk',
  'committee',
  'property',
  'beats',
  'changes',
];

export function readAddress(search: string): Place {
  const query = new URLSearchParams(search);
  const theme = query.get('theme');
  const language = query.get('lang');
  return {
    plan: numberOf(query.get('plan')),
    subject: subjectOf(query),
    theme: theme !== null && THEMES.includes(theme) ? (theme as Theme) : null,
    language: language === 'en' || language === 'zh' ? language : null,
    with: numberOf(query.get('with')),
  };
}

/** Write an address; what is usual is left out. */
export function writeAddress(place: Place): string {
  const query = new URLSearchParams();
  if (place.plan !== null) query.set('plan', String(place.plan));
  if (place.subject) query.set(...namedAs(place.subject));
  if (place.theme && place.theme !== 'grids') query.set('theme', place.theme);
  if (place.language && place.language !== 'zh') query.set('lang', place.language);
  if (place.with !== null) query.set('with', String(place.with));
  const text = query.toString();
  return text === '' ? '' : `?${text.replace(/%3A/g, ':')}`;
}

export function isSame(a: Subject | null, b: Subject | null): boolean {
  return a === b || (a !== null && b !== null && keyOf(a) === keyOf(b));
}

/** One text a subject: for lists, memory and comparison. */
export function keyOf(subject: Subject): string {
  return namedAs(subject).join('=');
}

function namedAs(subject: Subject): [string, string] {
  switch (subject.kind) {
    case 'grid':
      return ['grid', `${subject.layer}:${subject.code}`];
    case 'courtyard':
    case 'beat':
      return [subject.kind, subject.id];
    default:
      return [subject.kind, subject.code];
  }
}

function subjectOf(query: URLSearchParams): Subject | null {
  const grid = query.get('grid');
  if (grid) {
    const [layer, code] = grid.includes(':') ? grid.split(':') : ['gov_grids', grid];
    const isKnown = layer === 'gov_grids' || layer === 'basic_grids';
    return isKnown && code ? { kind: 'grid', layer: layer as GridLayer, code } : null;
  }
  for (const kind of ['courtyard', 'beat'] as const) {
    const id = query.get(kind);
    if (id) return { kind, id };
  }
  for (const kind of ['community', 'subdistrict'] as const) {
    const code = query.get(kind);
    if (code) return { kind, code };
  }
  return null;
}

function numberOf(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
}
