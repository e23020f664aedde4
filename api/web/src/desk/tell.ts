/** Numbers, days and plans in words. */
import { ground, language } from '../app/state';
import type { Ground } from '../model/ground';
import type { Layout } from '../model/layout';
import type { Edit, Finding, PlanInfo, PlanStatus, Subject } from '../model/types';
import { day, signed, gridName as usualName } from '../ui/format';
import { say, type Word } from '../words';
import type { Figure } from './change';

/** Return a count with its thousands set apart; a dash for what is not known. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? '—' : Math.round(value).toLocaleString('en-US');
}

/** Return a figure as people read it. */
export function figure(kind: Figure, value: number | null): string {
  if (value === null) return '—';
  switch (kind) {
    case 'walk_mean':
    case 'walk_max':
      return say('edit_metres', { n: Math.round(value) });
    case 'deviation':
      return signed(value, 0);
    case 'share_in_band':
      return `${(value * 100).toFixed(1)}%`;
    case 'cv':
      return value.toFixed(3);
    case 'in_band':
      return say(value ? 'edit_yes' : 'edit_no');
    default:
      return count(value);
  }
}

/** Return the step from one value to another with its sign; '' if there is none. */
export function step(kind: Figure, before: number | null, after: number | null): string {
  if (before === null || after === null || kind === 'in_band') return '';
  const by = after - before;
  const sign = by > 0 ? '+' : '−';
  const size = Math.abs(by);
  const text =
    kind === 'deviation'
      ? say('edit_points', { n: (size * 100).toFixed(0) })
      : kind === 'share_in_band'
        ? say('edit_points', { n: (size * 100).toFixed(1) })
        : kind === 'cv'
          ? size.toFixed(3)
          : kind === 'walk_mean' || kind === 'walk_max'
            ? say('edit_metres', { n: Math.round(size) })
            : count(size);
  return /[1-9]/.test(text) ? sign + text : '';
}

/** Return a moment as day and time on this computer's clock. */
export function moment(iso: string | null | undefined): string {
  if (!iso) return '';
  const at = new Date(/[zZ]|[+-]\d\d:\d\d$/.test(iso) ? iso : `${iso}Z`);
  if (Number.isNaN(at.getTime())) return iso;
  const two = (n: number) => String(n).padStart(2, '0');
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day(date)} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** Return who did something; what the service does itself has names of its own. */
export function person(name: string | null | undefined): string {
  if (name === 'plan file') return say('person_file');
  return name?.startsWith('console:') || name === 'console' ? say('person_console') : (name ?? '');
}

/** Return a plan's status in words. */
export function status(plan: { status: PlanStatus }): string {
  return say(`draft_status_${plan.status}` as Word);
}

/** Return what a plan covers in words: the district, or one subdistrict. */
export function scope(plan: PlanInfo, ground: Ground | null): string {
  if (plan.scope === null) return say('draft_scope_district');
  const named = ground?.subdistricts.get(plan.scope);
  return named ? named.name : say('draft_scope_subdistrict', { code: plan.scope });
}

/** Return a grid's name; its code if it has none. */
export function gridName(layout: Layout | null, code: string): string {
  if (code.startsWith('new:')) {
    const named = layout?.grids.get(code)?.name;
    return named && named !== code ? named : say('edit_new_grid', { n: code.slice(4) });
  }
  if (!code) return say('edit_no_grid');
  return usualName(layout?.grids.get(code), code, ground.value);
}

/** Return a courtyard's name; its id if it has none. */
export function yardName(ground: Ground | null, id: string): string {
  const row = ground?.rowOf.get(id);
  return (row === undefined ? '' : ground?.courtyards[row]?.name) || id;
}

/** Return what a remark or a lock is about, in words. */
export function subjectName(subject: string, ground: Ground | null, layout: Layout | null): string {
  const [kind, ident] = splitSubject(subject);
  if (kind === 'grid') return gridName(layout, ident);
  if (kind === 'courtyard') return yardName(ground, ident);
  return say('remark_whole_plan');
}

export function splitSubject(subject: string): [string, string] {
  const at = subject.indexOf(':');
  return at < 0 ? ['', subject] : [subject.slice(0, at), subject.slice(at + 1)];
}

/** Return what the map selects for `grid:CODE` or `courtyard:ID`; null for the plan itself. */
export function toSubject(subject: string): Subject | null {
  const [kind, ident] = splitSubject(subject);
  if (kind === 'grid') return { kind: 'grid', layer: 'gov_grids', code: ident };
  if (kind === 'courtyard') return { kind: 'courtyard', id: ident };
  return null;
}

/** Return how a selected thing is named in remarks and locks; '' for what neither can name. */
export function fromSubject(subject: Subject | null): string {
  if (subject?.kind === 'grid' && subject.layer === 'gov_grids') return `grid:${subject.code}`;
  if (subject?.kind === 'courtyard') return `courtyard:${subject.id}`;
  return '';
}

/** Return the first few courtyards by name, and count the rest. */
export function listed(ids: readonly string[], ground: Ground | null, most = 3): string {
  const comma = language.value === 'zh' ? '、' : ', ';
  const names = ids.slice(0, most).map((id) => yardName(ground, id));
  const said = names.join(comma);
  return ids.length > most ? say('edit_and_more', { listed: said, n: ids.length }) : said;
}

/** Return an edit as a sentence. */
export function edit(given: Edit, ground: Ground | null, layout: Layout | null): string {
  switch (given.op) {
    case 'move':
      return say('edit_told_move', {
        yards: listed(given.courtyards, ground),
        to: gridName(layout, given.to),
      });
    case 'split':
      return say('edit_told_split', { yards: listed(given.courtyards, ground) });
    case 'merge':
      return say('edit_told_merge', {
        grid: gridName(layout, given.grid),
        into: gridName(layout, given.into),
      });
    case 'rename':
      return say('edit_told_rename', { grid: gridName(layout, given.grid), name: given.name });
    default:
      return say(given.op === 'lock' ? 'edit_told_lock' : 'edit_told_unlock', {
        subject: subjectName(given.subject, ground, layout),
      });
  }
}

/** Return a finding in the reader's language. */
export function fault(given: Finding): string {
  return given.words[language.value] || given.words.zh || given.kind;
}
