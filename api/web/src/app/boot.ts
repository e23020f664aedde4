/** How the page begins, and what it listens to from then on. */
import { batch, effect } from '@preact/signals';
import type { Subject } from '../model/types';
import { setLanguage } from './actions';
import { isSame, type Place, readAddress, writeAddress } from './address';
import { stayIn } from './door';
import { recall } from './memory';
import { explain, openBeside, openPlan, refreshPlans, reloadStart, usualPlan } from './opening';
import {
  beside,
  ground,
  isDark,
  isNarrow,
  language,
  layout,
  me,
  online,
  panel,
  prefersDark,
  scheme,
  screen,
  selected,
  sheet,
  shown,
  start,
  theme,
} from './state';
import { view } from './view';

/** tries to reach the map before giving up: it is built right after the first paint */
const TRIES = 40;

export function boot(): void {
  const place = readAddress(location.search);
  language.value = place.language ?? recall('language', 'zh');
  scheme.value = recall('scheme', 'auto');
  shown.value = new Set(recall('shown', Array.from(shown.value)));
  if (place.theme) theme.value = place.theme;
  listen();
  void begin(place);
}

/** Load what the address names, or what the caller most likely wants to see. */
export async function begin(place: Place): Promise<void> {
  screen.value = { kind: 'loading', what: 'start' };
  try {
    await reloadStart();
  } catch (error) {
    screen.value = explain(error, () => void begin(readAddress(location.search)));
    return;
  }
  stayInOnce();
  const later = refreshPlans().catch(() => undefined);
  const plan_id = place.plan ?? usualPlan()?.plan_id;
  if (plan_id === undefined) {
    await later;
    screen.value = { kind: 'empty' };
    return;
  }
  if (!(await openPlan(plan_id))) return;
  const subject = place.subject ? known(place.subject) : null;
  const own = me.value?.subdistrict;
  const home: Subject | null =
    own && ground.value?.subdistricts.has(own) ? { kind: 'subdistrict', code: own } : null;
  // a draft of one subdistrict shows that one anyway
  selected.value = subject ?? (layout.value?.plan.scope ? null : home);
  if (isNarrow.value) sheet.value = subject ? 'half' : 'low';
  look(subject ?? home, TRIES);
  if (place.with !== null && (await openBeside(place.with))) panel.value = 'compare';
}

/** Fly as soon as there is a map. */
function look(subject: Subject | null, tries: number): void {
  if (subject === null || tries === 0) return;
  const map = view();
  if (map) map.flyTo(subject);
  else setTimeout(() => look(subject, tries - 1), 50);
}

/** Return the subject if this plan knows it. */
export function known(subject: Subject): Subject | null {
  const land = ground.value;
  if (!land) return null;
  const has = {
    courtyard: () => subject.kind === 'courtyard' && land.rowOf.has(subject.id),
    grid: () =>
      subject.kind === 'grid' &&
      (subject.layer === 'gov_grids'
        ? layout.value?.grids.has(subject.code)
        : land.basicGrids.has(subject.code)),
    community: () => subject.kind === 'community' && land.communities.has(subject.code),
    subdistrict: () => subject.kind === 'subdistrict' && land.subdistricts.has(subject.code),
    beat: () => subject.kind === 'beat' && land.beats.has(subject.id),
  };
  return has[subject.kind]() ? subject : null;
}

let isStaying = false;
function stayInOnce(): void {
  if (isStaying || !start.value?.has_accounts) return;
  isStaying = true;
  stayIn();
}

function listen(): void {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const narrow = window.matchMedia('(max-width: 899px)');
  const follow = (query: MediaQueryList, set: (is: boolean) => void) => {
    set(query.matches);
    // WeChat on older iPhones knows only the old name
    if (query.addEventListener) query.addEventListener('change', () => set(query.matches));
    else query.addListener(() => set(query.matches));
  };
  follow(dark, (is) => {
    prefersDark.value = is;
  });
  follow(narrow, (is) => {
    isNarrow.value = is;
  });
  online.value = navigator.onLine;
  window.addEventListener('online', () => {
    online.value = true;
  });
  window.addEventListener('offline', () => {
    online.value = false;
  });
  window.addEventListener('popstate', () => void goBack());
  effect(() => {
    document.documentElement.dataset.scheme = isDark.value ? 'dark' : 'light';
    document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en';
  });
  effect(keepAddress);
}

let before: Place | null = null;

/** Keep the address in step: a selection is a step of its own, the rest is not. */
function keepAddress(): void {
  const plan = layout.value?.plan.plan_id ?? null;
  const place: Place = {
    plan,
    subject: selected.value,
    theme: theme.value,
    language: language.value,
    with: beside.value?.layout.plan.plan_id ?? null,
  };
  if (plan === null) return;
  const text = location.pathname + writeAddress(place) + location.hash;
  const isStep = before !== null && !isSame(before.subject, place.subject);
  before = place;
  if (text === location.pathname + location.search + location.hash) return;
  if (isStep) history.pushState(null, '', text);
  else history.replaceState(null, '', text);
}

/** Show what the address names again. */
async function goBack(): Promise<void> {
  const place = readAddress(location.search);
  if (place.language && place.language !== language.value) setLanguage(place.language);
  if (place.plan !== null && place.plan !== layout.value?.plan.plan_id) {
    if (!(await openPlan(place.plan))) return;
  }
  const subject = place.subject ? known(place.subject) : null;
  batch(() => {
    // what Back asks for is no new step
    if (before) before = { ...before, subject };
    selected.value = subject;
    theme.value = place.theme ?? 'grids';
  });
  if (subject) view()?.flyTo(subject);
}
