/** Going about on the map by keyboard: Leaflet moves and zooms, this steps from grid to grid. */

import { select } from '../app/actions';
import { ground, layout, me, selected, tool } from '../app/state';
import type { Subject } from '../model/types';
import { pick } from './choose';
import { rowsByCode } from './grids';

/** Grids of the community that is looked at, by code; all if none is. */
export function gridsAround(subject: Subject | null): string[] {
  const lay = layout.value;
  const land = ground.value;
  if (!lay || !land) return [];
  let community: string | null = null;
  if (subject?.kind === 'community') community = subject.code;
  if (subject?.kind === 'grid') community = lay.grids.get(subject.code)?.community ?? null;
  if (subject?.kind === 'courtyard') {
    const row = land.rowOf.get(subject.id);
    community = row === undefined ? null : land.courtyards[row]!.community;
  }
  const own = me.value?.subdistrict ?? (subject?.kind === 'subdistrict' ? subject.code : null);
  return Array.from(lay.grids.values())
    .filter(({ community: code }) =>
      community ? code === community : !own || land.communities.get(code)?.parent === own,
    )
    .map(({ code }) => code)
    .sort();
}

/** Select the next or previous grid of the community. */
export function stepGrid(step: 1 | -1): Subject | null {
  const codes = gridsAround(selected.value);
  if (codes.length === 0) return null;
  const now = selected.value;
  let code = now?.kind === 'grid' ? now.code : '';
  if (now?.kind === 'courtyard')
    code = layout.value!.codeOf[ground.value!.rowOf.get(now.id)!] ?? '';
  const at = codes.indexOf(code);
  const next =
    at < 0 ? (step > 0 ? 0 : codes.length - 1) : (at + step + codes.length) % codes.length;
  return { kind: 'grid', layer: 'gov_grids', code: codes[next]! };
}

/** Select the next or previous courtyard of the grid. */
export function stepYard(step: 1 | -1): Subject | null {
  const land = ground.value;
  const lay = layout.value;
  const now = selected.value;
  if (!land || !lay) return null;
  const at = now?.kind === 'courtyard' ? (land.rowOf.get(now.id) ?? -1) : -1;
  const code = now?.kind === 'grid' ? now.code : at >= 0 ? lay.codeOf[at]! : '';
  const rows = rowsByCode(lay.codeOf).get(code);
  if (!rows) return null;
  const place = rows.indexOf(at);
  const next =
    place < 0 ? (step > 0 ? 0 : rows.length - 1) : (place + step + rows.length) % rows.length;
  return { kind: 'courtyard', id: land.courtyards[rows[next]!]!.id };
}

/** Do what a key asks for; false: it is not ours. */
export function onKey(event: KeyboardEvent, show: (subject: Subject) => void): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const steps: Record<string, () => Subject | null> = {
    ']': () => stepGrid(1),
    '[': () => stepGrid(-1),
    '.': () => stepYard(1),
    ',': () => stepYard(-1),
  };
  const step = steps[event.key];
  if (step) {
    const subject = step();
    if (subject) {
      select(subject);
      show(subject);
    }
    return true;
  }
  if (event.key === 'Enter' && tool.value !== 'pan' && selected.value?.kind === 'courtyard') {
    const row = ground.value?.rowOf.get(selected.value.id);
    if (row !== undefined) pick([row], 'toggle');
    return true;
  }
  return false;
}
