/** What the page knows at this moment; every view is drawn from these and from nothing else. */
import { computed, signal } from '@preact/signals';
import type { Ground } from '../model/ground';
import type { Layout } from '../model/layout';
import type { Finding, Language, PlanInfo, StartWire, Subject, Theme, Tool } from '../model/types';

export type Screen =
  | { kind: 'loading'; what: string }
  | { kind: 'error'; title: string; detail: string; retry: (() => void) | null }
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
  | 'layers'
  | 'help';

export const language = signal<Language>('zh');
export const screen = signal<Screen>({ kind: 'loading', what: 'start' });
export const start = signal<StartWire | null>(null);
export const me = computed(() => start.value?.me ?? null);

/** the plan on the map: ground, and layout with all edits not yet saved folded in */
export const ground = signal<Ground | null>(null);
export const layout = signal<Layout | null>(null);
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
export const shown = signal<ReadonlySet<string>>(new Set(['buildings', 'roads', 'labels']));
export const scheme = signal<'auto' | 'light' | 'dark'>('auto');

/** the swipe: another layout, and where the divider stands (0..1); null: off */
export const beside = signal<{ layout: Layout; ground: Ground } | null>(null);
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
