/** Coloured areas, one path a colour and patch: a theme draws thousands of grids in some strokes. */
import type { Paint } from '../model/colours';
import type { GridShapes } from './grids';
import { footprintOf } from './paint_grids';
import { type Patch, Patches } from './patches';
import { boxesOf, levelOf, PATCH, type Scene } from './scene';
import { type Frame, inWorld } from './world';

type Coloured = [colour: string, path: Path2D][];

export class Fills {
  private readonly patches: Patches;
  private readonly pathOf: (item: number, level: number) => Path2D;
  private readonly colours: readonly string[];
  private readonly made = new Map<number, Map<Patch, Coloured>>();

  constructor(scene: Scene, shapes: GridShapes, paint: Paint) {
    if (paint.by === 'grid') {
      const all = Array.from(shapes.shapes.values());
      this.patches = new Patches(boxesOf(all.map(({ box }) => box)), PATCH);
      this.colours = all.map(({ code }) => paint.ofGrid.get(code) ?? '');
      this.pathOf = (item, level) => all[item]!.path(level);
    } else {
      this.patches = scene.yardPatches;
      this.colours = paint.ofRow;
      this.pathOf = (row, level) => footprintOf(scene, row).path(level);
    }
  }

  draw(pen: CanvasRenderingContext2D, frame: Frame, alpha: number): void {
    inWorld(pen, frame);
    pen.globalAlpha = alpha;
    const level = levelOf(frame.zoom);
    const byColour = new Map<string, Path2D[]>();
    for (const patch of this.patches.inView(frame.box)) {
      for (const [colour, path] of this.coloured(patch, level)) {
        const paths = byColour.get(colour);
        if (paths) paths.push(path);
        else byColour.set(colour, [path]);
      }
    }
    for (const [colour, paths] of byColour) {
      pen.fillStyle = colour;
      for (const path of paths) pen.fill(path, 'evenodd');
    }
    pen.globalAlpha = 1;
  }

  private coloured(patch: Patch, level: number): Coloured {
    let known = this.made.get(level);
    if (!known) {
      known = new Map();
      this.made.set(level, known);
    }
    let found = known.get(patch);
    if (!found) {
      const paths = new Map<string, Path2D>();
      for (const item of patch.items) {
        const colour = this.colours[item];
        if (!colour) continue;
        let path = paths.get(colour);
        if (!path) {
          path = new Path2D();
          paths.set(colour, path);
        }
        path.addPath(this.pathOf(item, level));
      }
      found = Array.from(paths);
      known.set(patch, found);
    }
    return found;
  }
}
