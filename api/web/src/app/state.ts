/** What the page knows at this moment; every view is drawn from these and from nothing else. */
import { computed, signal } from '@preact/signals';
import type { Ground } from '../model/ground';
import type { Layout } from '../model/layout';
import type {
  DetailWire,
  Finding,
  Language,
  PlanInfo,
  StartWire,
  Subject,
  Theme,
  Tool,
} from '../model/types';

export type Screen =
  | { kind: 'loading'; what: string }
  | {
      kind: 'error';
      title: string;
      detail: string;
      retry: (() => void) | null;
      /** signing in may help */
      door?: boolean;
      /** the plan that was asked for is not there */
      isMissing?: boolean;
    }
  | { kind: 'empty' }
  | { kind: 'ready' };

export type Panel =
  | 'none'
  | 'community'
  | 'drafts'
  | 'edit'
  | 'compare'
  | 'comments'
  | 'approval'
  | 'changes_list'
  | 'police'
  | 'coverage'
  | 'layers'
  | 'help'
  /** the phone's list of everything else */
  | 'more';

export const language = signal<Language>('zh');
export const screen = signal<Screen>({ kind: 'loading', what: 'start' });
export const start = signal<StartWire | null>(null);
export const me = computed(() => start.value?.me ?? null);

/** the plan on the map: ground, and layout with all edits not yet saved folded in */
export const ground = signal<Ground | null>(null);
export const layout = signal<Layout | null>(null);
/** small roads, buildings, walks: null until they have come, a moment after the first picture */
export const detail = signal<DetailWire | null>(null);
/** the version in force, for the theme "changes" and as what a draft began from */
export const inForce = signal<Layout | null>(null);
/** all plans that the caller may see */
export const plans = signal<PlanInfo[]>([]);

export const selected = signal<Subject | null>(null);
export const hovered = signal<Subject | null>(null);
/** rows picked for an edit */
export const picked = signal<ReadonlySet<number>>(new Set());

export const theme = signal<Theme>('grids');
export const tool = signal<Tool>('pan');
export const panel = signal<Panel>('none');
/**
 * What is drawn beside the grids: labels, buildings, roads, beats, basic_grids, rooms (police rooms),
 * communities, basemap.
 */
export const shown = signal<ReadonlySet<string>>(
  new Set(['buildings', 'roads', 'labels', 'communities', 'basemap']),
);
export const scheme = signal<'auto' | 'light' | 'dark'>('auto');
/** what the computer prefers; counts while the scheme is auto */
export const prefersDark = signal(false);
export const isDark = computed(
  () => scheme.value === 'dark' || (scheme.value === 'auto' && prefersDark.value),
);

/** the swipe: another layout, and where the divider stands (0..1); null: off */
export const beside = signal<{ layout: Layout; ground: Ground; isBefore?: boolean } | null>(null);
export const divider = signal(0.5);

/** the draft being edited */
export const isEditing = computed(
  () => layout.value?.plan.status === 'draft' && panel.value === 'edit',
);
export const findings = signal<Finding[]>([]);
/** what waits to be saved, and how that goes */
export const saving = signal<{
  state: 'saved' | 'saving' | 'offline' | 'conflict' | 'refused' | 'signed_out';
  waiting: number;
  said: string;
}>({ state: 'saved', waiting: 0, said: '' });

/** a short sentence at the foot of the page; read out by screen readers */
export const notice = signal<{ text: string; tone: 'info' | 'good' | 'bad' } | null>(null);

/** false: the browser knows of no network; the map stays as it is */
export const online = signal(true);
/** how high the sheet stands on a phone */
export const sheet = signal<'low' | 'half' | 'full'>('half');
/** the panel beside the map; shut, the map has all the room */
export const sideOpen = signal(true);
/** below 900 px the panel is a sheet at the foot */
export const isNarrow = signal(false);
/** another plan is on its way while this one stays on the map */
export const fetching = signal('');
/** a dialog over the page; only one at a time */
export const dialog = signal<'sign_in' | 'password' | null>(null);
/** a question that waits for yes or no */
export const question = signal<{ text: string; answer: (yes: boolean) => void } | null>(null);
/** what the print preview shows; null: no preview */
export const printing = signal<
  { kind: 'communities'; codes: string[] } | { kind: 'grids'; codes: string[] } | null
>(null);
