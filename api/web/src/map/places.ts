/** Where subjects lie: boxes to fly to, points to click on. */
import type { Subject } from '../model/types';
import type { GridShapes } from './grids';
import { middleOfFeature } from './labels';
import type { Feature, Scene } from './scene';
import type { Box } from './world';

/** Greatest zoom when flying to a subject. */
export const NEAREST = { courtyard: 18, grid: 17, beat: 16.5, community: 16.5, subdistrict: 15.5 };

export function areaOfSubject(scene: Scene, subject: Subject): Feature | null {
  switch (subject.kind) {
    case 'community':
      return scene.communities.get(subject.code) ?? null;
    case 'subdistrict':
      return scene.subdistricts.get(subject.code) ?? null;
    case 'beat':
      return scene.beats.get(subject.id) ?? null;
    case 'grid':
      return subject.layer === 'basic_grids' ? (scene.basicGrids.get(subject.code) ?? null) : null;
    default: {
      const row = scene.ground.rowOf.get(subject.id);
      return row === undefined ? null : scene.yards[row]!;
    }
  }
}

export function boxOf(scene: Scene, shapes: GridShapes | null, subject: Subject): Box | null {
  const area = areaOfSubject(scene, subject);
  if (area) return area.box;
  return subject.kind === 'grid' ? (shapes?.shapes.get(subject.code)?.box ?? null) : null;
}

/** A point that surely lies in a subject, world units. */
export function pointOf(
  scene: Scene,
  shapes: GridShapes | null,
  subject: Subject,
): [number, number] | null {
  if (subject.kind === 'grid' && subject.layer === 'gov_grids') {
    const anchor = shapes?.shapes.get(subject.code)?.anchor();
    return anchor ? [anchor.x, anchor.y] : null;
  }
  const area = areaOfSubject(scene, subject);
  return area ? middleOfFeature(area) : null;
}
