/** Numbers, dates and names as the page writes them. */
import { language } from '../app/state';
import type { Courtyard, Ground } from '../model/ground';
import type { GridFacts, Layout } from '../model/layout';
import type { PlanInfo, Subject } from '../model/types';
import { say } from '../words';

/** with thousands separators; both languages write them alike */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A count that may be hidden from the public. */
export function households(value: number | null | undefined): string {
  return value === null || value === undefined ? say('card_hidden') : count(value);
}

export function householdsWord(value: number | null | undefined): string {
  return say('card_households_n', { n: households(value) });
}

/** The same for a large figure whose heading says households in English already. */
export function householdsFigure(value: number | null | undefined): string {
  return say('card_households_figure', { n: households(value) });
}

export function percent(share: number, digits = 0): string {
  const text = `${Math.abs(share * 100).toFixed(digits)}%`;
  if (/^0(\.0*)?%$/.test(text)) return text;
  return share < 0 ? `−${text}` : text;
}

/** with its sign, for differences */
export function signed(share: number, digits = 1): string {
  const text = percent(share, digits);
  return share > 0 && !/^0(\.0*)?%$/.test(text) ? `+${text}` : text;
}

export function metres(value: number | null | undefined): string {
  if (value === null || value === undefined) return say('card_unknown');
  return value >= 9950
    ? say('card_kilometres', { n: (value / 1000).toFixed(1) })
    : say('card_metres', { n: count(value) });
}

/** 2026-03-01 as 2026年3月1日 or 1 Mar 2026 */
export function day(iso: string | null | undefined): string {
  const found = /^(\d{4})-(\d\d)-(\d\d)/.exec(iso ?? '');
  if (!found) return '';
  const [year, month, date] = [Number(found[1]), Number(found[2]), Number(found[3])];
  if (language.value === 'zh') return `${year}年${month}月${date}日`;
  const names = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
  return `${date} ${names[month - 1]} ${year}`;
}

export function gridName(grid: GridFacts | undefined, code: string, ground: Ground | null): string {
  if (!grid) return code;
  if (grid.name && language.value === 'zh') return grid.name;
  const community = ground?.communities.get(grid.community)?.name ?? grid.community;
  const usual = `${community}第${grid.serial}网格`;
  // a name given by hand is kept in every language
  if (grid.name && grid.name !== usual) return grid.name;
  return say('card_grid_name', { community, serial: grid.serial });
}

/** the last words of a grid's name, where its community is known already */
export function gridShort(grid: GridFacts, ground: Ground | null): string {
  const name = gridName(grid, grid.code, ground);
  const community = ground?.communities.get(grid.community)?.name ?? '';
  const rest = community && name.indexOf(community) === 0 ? name.slice(community.length) : name;
  return language.value === 'en' ? rest.trim().replace(/^grid/, 'Grid') : rest || name;
}

export function courtyardName(yard: Courtyard): string {
  return yard.name || yard.address || yard.id;
}

export function planName(plan: PlanInfo): string {
  return plan.document_no ?? plan.title;
}

/** What a subject is called. */
export function titleOf(subject: Subject, ground: Ground | null, layout: Layout | null): string {
  switch (subject.kind) {
    case 'courtyard': {
      const yard = ground?.courtyards[ground.rowOf.get(subject.id) ?? -1];
      return yard ? courtyardName(yard) : subject.id;
    }
    case 'grid':
      return subject.layer === 'gov_grids'
        ? gridName(layout?.grids.get(subject.code), subject.code, ground)
        : ground?.basicGrids.get(subject.code)?.name || subject.code;
    case 'community':
      return ground?.communities.get(subject.code)?.name || subject.code;
    case 'subdistrict':
      return ground?.subdistricts.get(subject.code)?.name || subject.code;
    case 'beat':
      return ground?.beats.get(subject.id)?.name || subject.id;
  }
}
