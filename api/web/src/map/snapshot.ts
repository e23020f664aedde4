/** The same map on paper: any area at any resolution, names included, in print inks. */
import type { Ground } from '../model/ground';
import type { Layout } from '../model/layout';
import type { DetailWire, Language, Subject, Theme } from '../model/types';
import { PRINT } from './ink';
import { paintMarks } from './marks';
import { Picture } from './picture';
import { type Box, frameOf, WORLD_ZOOM } from './world';
import { writeLabels } from './write';

export interface SnapshotOptions {
  theme?: Theme;
  language?: Language;
  /** layers beside the grids; by default roads, buildings, labels, communities */
  shown?: readonly string[];
  /** outlined in the picture */
  selected?: Subject | null;
  /** canvas dots of a CSS pixel: 2 makes text and lines twice as large in the same canvas */
  dots?: number;
  /** share of the area that stays free around it */
  padding?: number;
}

let kept: Picture | null = null;

/**
 * Draw an area into a canvas of width × height dots.
 *
 * Bounds are west, south, east, north in ground units; the area is fitted in whole.
 */
export function snapshot(
  ground: Ground,
  layout: Layout,
  detail: DetailWire | null,
  bounds: readonly [number, number, number, number],
  width: number,
  height: number,
  options: SnapshotOptions,
): HTMLCanvasElement {
  // fifty pages of one ground: its shapes are made once
  if (kept?.ground !== ground) kept = new Picture(ground);
  const picture = kept;
  picture.update(layout, null, detail);
  const { scene } = picture;
  // a CSS pixel is a 96th of an inch; half the dots leave print-sized text on a 192 dpi page
  const dots = options.dots ?? 2;
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width);
  canvas.height = Math.round(height);
  const pen = canvas.getContext('2d')!;
  const [left, bottom] = scene.world.point(bounds[0], bounds[1]);
  const [right, top] = scene.world.point(bounds[2], bounds[3]);
  const across = width / dots;
  const down = height / dots;
  const room = 1 - 2 * (options.padding ?? 0.03);
  const scale = Math.min((across * room) / (right - left), (down * room) / (bottom - top));
  const zoom = Math.min(20, WORLD_ZOOM + Math.log2(scale));
  const k = 2 ** (zoom - WORLD_ZOOM);
  const dx = across / 2 - ((left + right) / 2) * k;
  const dy = down / 2 - ((top + bottom) / 2) * k;
  const frame = frameOf(zoom, dx, dy, across, down, dots);
  const theme = options.theme ?? 'grids';
  const shown = new Set(options.shown ?? ['roads', 'buildings', 'labels', 'communities']);
  picture.draw(pen, frame, { theme, shown, ink: PRINT, onBasemap: false });
  const selected = options.selected ?? null;
  const { shapes } = picture;
  const none = { hovered: null, picked: new Set<number>(), findings: [], shownFinding: null };
  paintMarks(
    pen,
    frame,
    { scene, shapes, layout, selected, ...none, drawn: null, here: null },
    PRINT,
  );
  const language = options.language ?? 'zh';
  const state = { scene, layout, shapes, theme, language, shown, selected, isEditing: false };
  const window: Box = [2, 2, across - 2, down - 2];
  writeLabels(pen, frame, state, picture.fabric.roads, PRINT, window, [], new Set());
  return canvas;
}
