/** One layout drawn from bottom to top; the map, its twin in the swipe, and paper all use it. */

import { neighbourColours, paintOf } from '../model/colours';
import type { Ground } from '../model/ground';
import type { Layout } from '../model/layout';
import type { DetailWire, Theme } from '../model/types';
import { Fills } from './fills';
import { GRID, GridShapes, SAME } from './grids';
import type { Ink } from './ink';
import { roomsOf } from './labels';
import { paintBorders, paintOutlines, paintYards } from './paint_grids';
import {
  type Fabric,
  fabricOf,
  paintBuildings,
  paintCompounds,
  paintLand,
  paintRoads,
} from './paint_land';
import { trace } from './patches';
import { levelOf, type Scene, sceneOf } from './scene';
import { type Frame, inPixels, inWorld, ramp, toPixel } from './world';

export interface PictureOptions {
  theme: Theme;
  shown: ReadonlySet<string>;
  ink: Ink;
  /** another map lies below: let it shine through and draw no roads of our own */
  onBasemap: boolean;
}

export class Picture {
  readonly scene: Scene;
  shapes: GridShapes | null = null;
  fabric: Fabric;
  private layout: Layout | null = null;
  private detail: DetailWire | null = null;
  private before: Layout | null = null;
  private beforeShapes: GridShapes | null = null;
  private fillsKey = '';
  private fills: Fills | null = null;

  constructor(readonly ground: Ground) {
    this.scene = sceneOf(ground);
    this.fabric = fabricOf(this.scene, null);
  }

  /** Take in what may have changed; shapes that did not are kept. */
  update(layout: Layout | null, before: Layout | null, detail: DetailWire | null): void {
    if (layout !== this.layout) {
      this.layout = layout;
      this.shapes = layout ? new GridShapes(this.scene, layout, this.shapes) : null;
      this.fills = null;
    }
    if (detail !== this.detail) {
      this.detail = detail;
      this.fabric = fabricOf(this.scene, detail);
    }
    // the version in force can be compared row by row only if it stands on the same ground
    const isSame = before !== null && before.groundKey === this.ground.key;
    const past = isSame && before !== layout ? before : null;
    if (past !== this.before) {
      this.before = past;
      this.beforeShapes = null;
      this.fills = null;
    }
  }

  private fillsFor(theme: Theme, ink: Ink): Fills | null {
    if (!this.layout || !this.shapes) return null;
    const key = `${theme}:${ink.isDark}`;
    if (!this.fills || this.fillsKey !== key) {
      const numbers = neighbourColours(this.layout, this.ground);
      const scheme = ink.isDark ? 'dark' : 'light';
      const options = { scheme, numbers, before: this.before } as const;
      const paint = paintOf(theme, this.layout, this.ground, options);
      this.fills = new Fills(this.scene, this.shapes, paint);
      this.fillsKey = key;
    }
    return this.fills;
  }

  draw(pen: CanvasRenderingContext2D, frame: Frame, options: PictureOptions): void {
    const { ink, shown, onBasemap } = options;
    const { scene, shapes, fabric } = this;
    if (!onBasemap) {
      paintLand(pen, frame, scene, ink);
      paintCompounds(pen, frame, fabric, ink);
    }
    const alpha = onBasemap ? 0.5 : ink.fillAlpha;
    this.fillsFor(options.theme, ink)?.draw(pen, frame, alpha);
    if (!onBasemap && shown.has('roads')) paintRoads(pen, frame, fabric, ink);
    if (!onBasemap && shown.has('buildings')) paintBuildings(pen, frame, fabric, ink);
    paintYards(pen, frame, scene, ink);
    if (shapes) paintBorders(pen, frame, shapes, ink);
    this.drawOutlines(pen, frame, options);
    if (options.theme === 'changes') this.drawPast(pen, frame, ink);
    if (options.theme === 'beats' || shown.has('beats') || shown.has('rooms')) {
      this.drawRooms(pen, frame, ink);
    }
  }

  private drawOutlines(pen: CanvasRenderingContext2D, frame: Frame, options: PictureOptions): void {
    const { ink, shown, theme } = options;
    const { scene } = this;
    if (shown.has('basic_grids')) {
      paintOutlines(pen, frame, scene.basicGrids.values(), {
        colour: ink.basicGrid,
        gap: 'rgba(0, 0, 0, 0)',
        width: [
          [12, 0.8],
          [16, 1.8],
        ],
        dash: [2, 3],
      });
    }
    if (shown.has('communities')) {
      paintOutlines(pen, frame, scene.communities.values(), {
        colour: ink.community,
        gap: ink.gap,
        width: [
          [12, 0.45],
          [13.5, 0.9],
          [14.5, 1.3],
          [17, 2.2],
        ],
      });
    }
    paintOutlines(pen, frame, scene.subdistricts.values(), {
      colour: ink.subdistrict,
      gap: ink.gap,
      width: [
        [11, 1.1],
        [12, 1.4],
        [14, 2.2],
        [17, 3.4],
      ],
    });
    if (theme === 'beats' || shown.has('beats')) {
      paintOutlines(pen, frame, scene.beats.values(), {
        colour: ink.beat,
        gap: ink.gap,
        width: [
          [12, 1],
          [16, 2.2],
        ],
        dash: [7, 4],
      });
    }
  }

  /** Borders that were and are no more. */
  private drawPast(pen: CanvasRenderingContext2D, frame: Frame, ink: Ink): void {
    if (!this.before || !this.shapes) return;
    this.beforeShapes ??= new GridShapes(this.scene, this.before, null);
    const { sides } = this.beforeShapes;
    const gone = new Path2D();
    const level = levelOf(frame.zoom);
    for (const patch of this.scene.patches.inView(frame.box)) {
      for (const arc of patch.items) {
        if (sides[arc] === GRID && this.shapes.sides[arc] === SAME) {
          trace(gone, this.scene.arcAt(level, arc));
        }
      }
    }
    inWorld(pen, frame);
    pen.strokeStyle = ink.gap;
    pen.lineWidth =
      ramp(frame.zoom, [
        [12, 2.4],
        [16, 4.6],
      ]) / frame.scale;
    pen.stroke(gone);
    pen.strokeStyle = ink.past;
    pen.lineWidth =
      ramp(frame.zoom, [
        [12, 1.2],
        [16, 2.6],
      ]) / frame.scale;
    pen.setLineDash([6 / frame.scale, 5 / frame.scale]);
    pen.stroke(gone);
    pen.setLineDash([]);
  }

  private drawRooms(pen: CanvasRenderingContext2D, frame: Frame, ink: Ink): void {
    inPixels(pen, frame);
    const size = ramp(frame.zoom, [
      [12, 2.2],
      [15, 4.5],
      [18, 7],
    ]);
    pen.fillStyle = ink.beat;
    pen.strokeStyle = ink.selectedGap;
    pen.lineWidth = ramp(frame.zoom, [
      [12, 0.8],
      [15, 1.6],
    ]);
    for (const room of roomsOf(this.scene)) {
      const [x, y] = toPixel(frame, ...room);
      if (x < -10 || y < -10 || x > frame.width + 10 || y > frame.height + 10) continue;
      pen.beginPath();
      pen.arc(x, y, size, 0, 2 * Math.PI);
      pen.fill();
      pen.stroke();
    }
  }
}
