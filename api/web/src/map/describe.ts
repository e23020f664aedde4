/** A subject in a few words: for screen readers and beside the pointer. */
import type { Ground } from '../model/ground';
import type { Layout } from '../model/layout';
import type { Subject } from '../model/types';
import { say } from '../words';

export function describe(subject: Subject, ground: Ground | null, layout: Layout | null): string {
  if (!ground) return '';
  switch (subject.kind) {
    case 'courtyard': {
      const row = ground.rowOf.get(subject.id);
      const yard = row === undefined ? null : ground.courtyards[row];
      return yard ? withHouseholds(yard.name || yard.address || yard.id, yard.households) : '';
    }
    case 'grid': {
      if (subject.layer === 'basic_grids') return ground.basicGrids.get(subject.code)?.name ?? '';
      const facts = layout?.grids.get(subject.code);
      if (!facts) return '';
      const community = ground.communities.get(facts.community)?.name ?? '';
      const short = facts.code.startsWith('new:')
        ? say('map_grid_new')
        : say('map_grid_n', { n: facts.serial });
      return withHouseholds(`${community} ${short}`, facts.households);
    }
    case 'community':
      return ground.communities.get(subject.code)?.name ?? '';
    case 'subdistrict':
      return ground.subdistricts.get(subject.code)?.name ?? '';
    default:
      return ground.beats.get(subject.id)?.name ?? '';
  }
}

function withHouseholds(name: string, households: number | null): string {
  if (households === null) return name;
  return `${name} · ${say('map_households', { n: Math.round(households) })}`;
}
