/** Everything a reader can do that is not an edit. */
import { batch } from '@preact/signals';
import type { Language, Subject, Theme } from '../model/types';
import { isSame, keyOf } from './address';
import { recall, remember } from './memory';
import {
  isNarrow,
  language,
  type Panel,
  panel,
  scheme,
  selected,
  sheet,
  shown,
  sideOpen,
  theme,
} from './state';
import { view } from './view';

export { changePassword, signIn, signOut } from './door';
export { closeBeside, openBeside, openPlan, refreshPlans, reloadStart } from './opening';
export { confirmBox, copyText, download, hideNotice, notify, saveCsv } from './telling';

/** panels in which a selection on the map has its own meaning; elsewhere the card comes forward */
export const WORKING: readonly Panel[] = [
  'community',
  'edit',
  'changes_list',
  'police',
  'coverage',
  'compare',
  'comments',
  'approval',
];

/** Select something, or nothing; fly: bring it into the picture. */
export function select(subject: Subject | null, { fly = false } = {}): void {
  batch(() => {
    if (!isSame(selected.value, subject)) selected.value = subject;
    if (subject && !WORKING.includes(panel.value)) {
      panel.value = 'none';
      sideOpen.value = true;
      if (isNarrow.value && sheet.value === 'low') sheet.value = 'half';
    }
  });
  if (subject && fly) view()?.flyTo(subject);
}

export function openPanel(next: Panel): void {
  batch(() => {
    panel.value = next;
    sideOpen.value = true;
    if (isNarrow.value && sheet.value === 'low') sheet.value = 'half';
  });
}

export function setLanguage(next: Language): void {
  language.value = next;
  remember('language', next);
}

export function setScheme(next: 'auto' | 'light' | 'dark'): void {
  scheme.value = next;
  remember('scheme', next);
}

export function setTheme(next: Theme): void {
  theme.value = next;
}

export function toggleShown(name: string): void {
  const next = new Set(shown.value);
  if (!next.delete(name)) next.add(name);
  shown.value = next;
  remember('shown', Array.from(next));
}

/** what was found lately, newest first */
const MOST_RECENT = 6;

export interface Recent {
  subject: Subject;
  title: string;
}

export function recentOnes(): Recent[] {
  return recall<Recent[]>('recent', []);
}

export function keepRecent(one: Recent): void {
  const others = recentOnes().filter((other) => keyOf(other.subject) !== keyOf(one.subject));
  remember('recent', [one, ...others].slice(0, MOST_RECENT));
}

export function forgetRecent(): void {
  remember('recent', []);
}
