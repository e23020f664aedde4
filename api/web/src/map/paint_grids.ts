/** Grids, courtyards and the borders of all that is administered. */
import {
  COMMUNITY,
  EDGE,
  GRID,
  type GridShape,
  type GridShapes,
  SUBDISTRICT,
  shapeOf,
} from './grids';
import type { Ink } from './ink';
import { areaPath } from './paint_land';
import { trace } from './patches';
import { type Feature, levelOf, type Scene, toleranceAt } from './scene';
import { simplify } from './simplify';
import { type Frame, inWorld, meets, ramp } from './world';

type Stops = readonly (readonly [number, number])[];

const footprints = new WeakMap<Scene, Map<number, GridShape>>();

/** One courtyard's footprint; it may share the place of another. */
export function footprintOf(scene: Scene, row: number): GridShape {
  let known = footprints.get(scene);
  if (!known) {
    known = new Map();
    footprints.set(scene, known);
  }
  let shape = known.get(row);
  if (!shape) {
    const spot = scene.arcsOf[row]!.length > 0 ? row : scene.ground.courtyards[row]!.spot;
    shape = shapeOf('', [spot], scene);
    known.set(row, shape);
  }
  return shape;
}

export function paintYards(
  pen: CanvasRenderingContext2D,
  frame: Frame,
  scene: Scene,
  ink: Ink,
): void {
  if (frame.zoom < 15) return;
  inWorld(pen, frame);
  const level = levelOf(frame.zoom);
  pen.fillStyle = ink.yard;
  pen.strokeStyle = ink.yardEdge;
  pen.lineJoin = 'round';
  pen.lineWidth =
    ramp(frame.zoom, [
      [15, 0.4],
      [17, 1],
      [19, 1.5],
    ]) / frame.scale;
  const dot =
    ramp(frame.zoom, [
      [15, 2],
      [17, 4],
      [19, 7],
    ]) / frame.scale;
  const tolerance = toleranceAt(level);
  for (const patch of scene.yardPatches.inView(frame.box)) {
    let path = patch.paths.get(String(level));
    if (!path) {
      path = new Path2D();
      for (const row of patch.items) {
        for (const line of scene.yards[row]!.lines) trace(path, simplify(line, tolerance), true);
      }
      patch.paths.set(String(level), path);
    }
    pen.fill(path, 'evenodd');
    pen.stroke(path);
    for (const row of patch.items) {
      const yard = scene.yards[row]!;
      if (yard.lines.length > 0 || !yard.at) continue;
      pen.beginPath();
      pen.arc(yard.at[0], yard.at[1], dot, 0, 2 * Math.PI);
      pen.fill();
      pen.stroke();
    }
  }
}

/** Borders between grids; those over a community's or subdistrict's border are drawn by it. */
export function paintBorders(
  pen: CanvasRenderingContext2D,
  frame: Frame,
  shapes: GridShapes,
  ink: Ink,
): void {
  inWorld(pen, frame);
  const level = levelOf(frame.zoom);
  pen.lineJoin = 'round';
  pen.lineCap = 'round';
  const stroke = (side: number, colour: string, width: Stops) => {
    pen.strokeStyle = colour;
    pen.lineWidth = ramp(frame.zoom, width) / frame.scale;
    for (const path of shapes.borders(frame.box, level, side)) pen.stroke(path);
  };
  pen.globalAlpha = ramp(frame.zoom, [
    [12, 0.55],
    [15, 0.9],
  ]);
  if (frame.zoom >= GAPPED)
    stroke(EDGE, ink.grid, [
      [12, 0.3],
      [14, 0.6],
      [16, 1],
      [18, 1.6],
    ]);
  stroke(GRID, ink.grid, [
    [12, 0.4],
    [14, 0.9],
    [16, 1.7],
    [18, 2.6],
  ]);
  pen.globalAlpha = 1;
  const wide: Stops = [
    [12, 0.8],
    [14, 1.6],
    [16, 2.6],
    [18, 3.6],
  ];
  if (frame.zoom >= 13.5) {
    const gap: Stops = wide.map(([zoom, width]) => [zoom, width + 2.2] as const);
    stroke(COMMUNITY, ink.gap, gap);
    stroke(SUBDISTRICT, ink.gap, gap);
  }
  stroke(COMMUNITY, ink.community, wide);
  stroke(SUBDISTRICT, ink.subdistrict, [
    [12, 1.2],
    [14, 2.2],
    [16, 3.4],
    [18, 4.6],
  ]);
}

/** zoom from which a line of light lies under borders */
const GAPPED = 12;

/** Outlines of a layer of areas, light beneath and dark above. */
export function paintOutlines(
  pen: CanvasRenderingContext2D,
  frame: Frame,
  areas: Iterable<Feature>,
  style: { colour: string; gap: string; width: Stops; dash?: readonly number[] },
): void {
  inWorld(pen, frame);
  pen.lineJoin = 'round';
  const width = ramp(frame.zoom, style.width);
  const seen: Path2D[] = [];
  for (const area of areas) if (meets(area.box, frame.box)) seen.push(areaPath(area));
  if (frame.zoom >= GAPPED) {
    pen.strokeStyle = style.gap;
    pen.lineWidth = (width + 2) / frame.scale;
    for (const path of seen) pen.stroke(path);
  }
  pen.strokeStyle = style.colour;
  pen.lineWidth = width / frame.scale;
  pen.setLineDash((style.dash ?? []).map((dash) => dash / frame.scale));
  for (const path of seen) pen.stroke(path);
  pen.setLineDash([]);
}
