/** Outlines and lines of one layer, drawn by kind and by patch. */
import { Patches, trace } from './patches';
import { boxesOf, type Feature, toleranceAt } from './scene';
import { simplify } from './simplify';
import type { Box } from './world';

export class Features {
  private readonly patches: Patches;

  constructor(
    readonly list: readonly Feature[],
    patchSize: number,
  ) {
    this.patches = new Patches(boxesOf(list.map((feature) => feature.box)), patchSize);
  }

  /** Paths of one kind ('' for all) in view. */
  paths(box: Box, level: number, kind = '', isArea = false): Path2D[] {
    const key = `${level}:${kind}`;
    const tolerance = toleranceAt(level);
    const found: Path2D[] = [];
    for (const patch of this.patches.inView(box)) {
      let path = patch.paths.get(key);
      if (path === undefined) {
        path = null;
        for (const item of patch.items) {
          const feature = this.list[item]!;
          if (kind !== '' && feature.kind !== kind) continue;
          path ??= new Path2D();
          for (const line of feature.lines) trace(path, simplify(line, tolerance), isArea);
        }
        patch.paths.set(key, path);
      }
      if (path) found.push(path);
    }
    return found;
  }

  inView(box: Box): Feature[] {
    const found: Feature[] = [];
    for (const patch of this.patches.inView(box)) {
      for (const item of patch.items) found.push(this.list[item]!);
    }
    return found;
  }
}
