/** What is drawn over the map for a moment: pointed at, selected, picked, faulty, being drawn. */
import type { Layout } from '../model/layout';
import type { Finding, Subject } from '../model/types';
import type { GridShapes } from './grids';
import type { Ink } from './ink';
import { footprintOf } from './paint_grids';
import { areaPath } from './paint_land';
import type { Scene } from './scene';
import { levelOf } from './scene';
import { type Frame, inPixels, inWorld, type LatLng, ramp, toPixel } from './world';

/** Where the reader is, and how sure that is (world units). */
export interface Here {
  at: LatLng;
  reach: number;
}

export interface Marks {
  scene: Scene;
  shapes: GridShapes | null;
  layout: Layout | null;
  hovered: Subject | null;
  selected: Subject | null;
  picked: ReadonlySet<number>;
  findings: readonly Finding[];
  /** the fault that the reader asked to see */
  shownFinding: Finding | null;
  /** box or lasso being drawn, world units */
  drawn: readonly number[] | null;
  here: Here | null;
}

type Pen = CanvasRenderingContext2D;

/** Path of a subject; null: a point, or not on this map. */
export function pathOf(subject: Subject, marks: Marks, level: number): Path2D | null {
  const { scene, shapes } = marks;
  const area =
    subject.kind === 'community'
      ? scene.communities.get(subject.code)
      : subject.kind === 'subdistrict'
        ? scene.subdistricts.get(subject.code)
        : subject.kind === 'beat'
          ? scene.beats.get(subject.id)
          : subject.kind === 'grid' && subject.layer === 'basic_grids'
            ? scene.basicGrids.get(subject.code)
            : null;
  if (area) return areaPath(area);
  if (subject.kind === 'grid') return shapes?.shapes.get(subject.code)?.path(level) ?? null;
  if (subject.kind === 'courtyard') {
    const row = scene.ground.rowOf.get(subject.id);
    if (row === undefined) return null;
    const yard = scene.yards[row]!;
    return yard.lines.length > 0 ? areaPath(yard) : footprintOf(scene, row).path(level);
  }
  return null;
}

export function paintMarks(pen: Pen, frame: Frame, marks: Marks, ink: Ink): void {
  const level = levelOf(frame.zoom);
  pen.lineJoin = 'round';
  pen.lineCap = 'round';
  for (const finding of marks.findings) {
    if (finding !== marks.shownFinding) paintFinding(pen, frame, marks, finding, ink, false);
  }
  paintPicked(pen, frame, marks, ink);
  const outline = (subject: Subject, colour: string, gap: string, width: number) => {
    const path = pathOf(subject, marks, level);
    if (!path) return;
    inWorld(pen, frame);
    pen.strokeStyle = gap;
    pen.lineWidth = (width + 3) / frame.scale;
    pen.stroke(path);
    pen.strokeStyle = colour;
    pen.lineWidth = width / frame.scale;
    pen.stroke(path);
  };
  if (marks.hovered) outline(marks.hovered, ink.hover, 'rgba(0, 0, 0, 0)', 2);
  if (marks.selected) {
    if (marks.selected.kind === 'courtyard') paintHome(pen, frame, marks, ink);
    outline(
      marks.selected,
      ink.selected,
      ink.selectedGap,
      ramp(frame.zoom, [
        [12, 2],
        [16, 3],
      ]),
    );
    paintRoomLine(pen, frame, marks, ink);
  }
  if (marks.shownFinding) paintFinding(pen, frame, marks, marks.shownFinding, ink, true);
  if (marks.drawn) paintDrawn(pen, frame, marks.drawn, ink);
  if (marks.here) paintHere(pen, frame, marks.scene, marks.here, ink);
}

/** The grid of a selected courtyard, thinner. */
function paintHome(pen: Pen, frame: Frame, marks: Marks, ink: Ink): void {
  if (marks.selected?.kind !== 'courtyard') return;
  const row = marks.scene.ground.rowOf.get(marks.selected.id);
  const code = row === undefined ? '' : (marks.layout?.codeOf[row] ?? '');
  const path = marks.shapes?.shapes.get(code)?.path(levelOf(frame.zoom));
  if (!path) return;
  inWorld(pen, frame);
  pen.strokeStyle = ink.selected;
  pen.lineWidth = 1.6 / frame.scale;
  pen.setLineDash([6 / frame.scale, 5 / frame.scale]);
  pen.stroke(path);
  pen.setLineDash([]);
}

function paintPicked(pen: Pen, frame: Frame, marks: Marks, ink: Ink): void {
  if (marks.picked.size === 0) return;
  inWorld(pen, frame);
  const level = levelOf(frame.zoom);
  const all = new Path2D();
  for (const row of marks.picked) all.addPath(footprintOf(marks.scene, row).path(level));
  pen.fillStyle = ink.pickedFill;
  pen.fill(all, 'nonzero');
  pen.strokeStyle = ink.selectedGap;
  pen.lineWidth = 4 / frame.scale;
  pen.stroke(all);
  pen.strokeStyle = ink.picked;
  pen.lineWidth = 2 / frame.scale;
  pen.stroke(all);
  inPixels(pen, frame);
  const size = ramp(frame.zoom, [
    [14, 3],
    [17, 7],
  ]);
  for (const row of marks.picked) {
    const [x, y] = toPixel(frame, marks.scene.spots[2 * row]!, marks.scene.spots[2 * row + 1]!);
    paintTick(pen, x, y, size, ink);
  }
}

function paintTick(pen: Pen, x: number, y: number, size: number, ink: Ink): void {
  pen.fillStyle = ink.picked;
  pen.beginPath();
  pen.arc(x, y, size, 0, 2 * Math.PI);
  pen.fill();
  if (size < 5) return;
  pen.strokeStyle = ink.selectedGap;
  pen.lineWidth = 1.8;
  pen.beginPath();
  pen.moveTo(x - size * 0.45, y);
  pen.lineTo(x - size * 0.1, y + size * 0.35);
  pen.lineTo(x + size * 0.48, y - size * 0.35);
  pen.stroke();
}

/** The line from a selected grid to the police room of its lead beat. */
function paintRoomLine(pen: Pen, frame: Frame, marks: Marks, ink: Ink): void {
  const { selected, layout, scene } = marks;
  if (selected?.kind !== 'grid' || selected.layer !== 'gov_grids') return;
  const facts = layout?.grids.get(selected.code);
  const room = facts?.beat ? roomOf(scene, facts.beat) : null;
  if (!facts || !room) return;
  const anchor = marks.shapes?.shapes.get(selected.code)?.anchor();
  const from =
    facts.medoid === null
      ? anchor && toPixel(frame, anchor.x, anchor.y)
      : toPixel(frame, scene.spots[2 * facts.medoid]!, scene.spots[2 * facts.medoid + 1]!);
  if (!from) return;
  const to = toPixel(frame, ...room);
  inPixels(pen, frame);
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(...to);
  pen.strokeStyle = ink.gap;
  pen.lineWidth = 5;
  pen.stroke();
  pen.strokeStyle = ink.beat;
  pen.lineWidth = 2.2;
  pen.setLineDash([1, 6]);
  pen.stroke();
  pen.setLineDash([]);
  dot(pen, from, 4, ink.selectedGap, ink.beat);
  dot(pen, to, 7, ink.beat, ink.selectedGap);
}

/** Where a beat's police room stands, world units. */
export function roomOf(scene: Scene, beat: string): [number, number] | null {
  const room = scene.beats.get(beat)?.more.room;
  return Array.isArray(room) ? scene.world.point(Number(room[0]), Number(room[1])) : null;
}

function dot(pen: Pen, at: [number, number], size: number, fill: string, edge: string): void {
  pen.beginPath();
  pen.arc(at[0], at[1], size, 0, 2 * Math.PI);
  pen.fillStyle = fill;
  pen.fill();
  pen.strokeStyle = edge;
  pen.lineWidth = 2;
  pen.stroke();
}

/** A fault: hatched courtyards, the grid's outline, and for a piece broken off its missing link. */
function paintFinding(
  pen: Pen,
  frame: Frame,
  marks: Marks,
  finding: Finding,
  ink: Ink,
  isShown: boolean,
): void {
  const { scene, shapes } = marks;
  const colour = finding.severity === 'hard' ? ink.fault : ink.soft;
  const level = levelOf(frame.zoom);
  const rows = finding.courtyard_ids
    .map((id) => scene.ground.rowOf.get(id))
    .filter((row): row is number => row !== undefined);
  const grid = shapes?.shapes.get(finding.grid_code);
  inWorld(pen, frame);
  if (grid && (isShown || finding.severity === 'hard')) {
    pen.strokeStyle = colour;
    pen.lineWidth = (isShown ? 3 : 1.8) / frame.scale;
    pen.setLineDash(isShown ? [] : [5 / frame.scale, 4 / frame.scale]);
    pen.stroke(grid.path(level));
    pen.setLineDash([]);
  }
  // a grid out of its band names all its courtyards: hatching them would hide the map
  if (finding.kind === 'out_of_band' || rows.length === 0) return;
  if (!isShown && finding.severity === 'soft') return;
  const all = new Path2D();
  for (const row of rows) all.addPath(footprintOf(scene, row).path(level));
  pen.fillStyle = hatch(pen, frame, colour);
  pen.fill(all, 'nonzero');
  pen.strokeStyle = colour;
  pen.lineWidth = 1.6 / frame.scale;
  pen.stroke(all);
  if (finding.kind === 'broken' && grid)
    paintBrokenLink(pen, frame, scene, grid.rows, rows, colour, ink);
}

function paintBrokenLink(
  pen: Pen,
  frame: Frame,
  scene: Scene,
  grid: readonly number[],
  piece: readonly number[],
  colour: string,
  ink: Ink,
): void {
  const lost = new Set(piece);
  let best = Infinity;
  let ends: [number, number] | null = null;
  for (const a of piece) {
    for (const b of grid) {
      if (lost.has(b)) continue;
      const dx = scene.spots[2 * a]! - scene.spots[2 * b]!;
      const dy = scene.spots[2 * a + 1]! - scene.spots[2 * b + 1]!;
      if (dx * dx + dy * dy < best) {
        best = dx * dx + dy * dy;
        ends = [a, b];
      }
    }
  }
  if (!ends) return;
  const [from, to] = ends.map((row) =>
    toPixel(frame, scene.spots[2 * row]!, scene.spots[2 * row + 1]!),
  ) as [[number, number], [number, number]];
  const x = (from[0] + to[0]) / 2;
  const y = (from[1] + to[1]) / 2;
  inPixels(pen, frame);
  const line = (colourOf: string, width: number, dash: number[]) => {
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.moveTo(x - 5, y - 5);
    pen.lineTo(x + 5, y + 5);
    pen.moveTo(x + 5, y - 5);
    pen.lineTo(x - 5, y + 5);
    pen.strokeStyle = colourOf;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    pen.stroke();
    pen.setLineDash([]);
  };
  line(ink.selectedGap, 5, []);
  line(colour, 2.2, [4, 4]);
}

const hatches = new Map<string, HTMLCanvasElement>();

function hatch(pen: Pen, frame: Frame, colour: string): CanvasPattern | string {
  const size = Math.round(8 * frame.dots);
  const key = `${colour}:${size}`;
  let tile = hatches.get(key);
  if (!tile) {
    tile = document.createElement('canvas');
    tile.width = size;
    tile.height = size;
    const ink = tile.getContext('2d')!;
    ink.strokeStyle = colour;
    ink.lineWidth = 1.7 * frame.dots;
    ink.beginPath();
    for (const shift of [-size, 0, size]) {
      ink.moveTo(shift - 1, size + 1);
      ink.lineTo(shift + size + 1, -1);
    }
    ink.stroke();
    hatches.set(key, tile);
  }
  const pattern = pen.createPattern(tile, 'repeat');
  // the pen speaks world units; the hatching stays as wide as it is on the screen
  pattern?.setTransform(new DOMMatrix().scale(1 / (frame.scale * frame.dots)));
  return pattern ?? colour;
}

function paintDrawn(pen: Pen, frame: Frame, drawn: readonly number[], ink: Ink): void {
  if (drawn.length < 4) return;
  inWorld(pen, frame);
  pen.beginPath();
  pen.moveTo(drawn[0]!, drawn[1]!);
  for (let i = 2; i < drawn.length; i += 2) pen.lineTo(drawn[i]!, drawn[i + 1]!);
  pen.closePath();
  pen.fillStyle = ink.pickedFill;
  pen.fill();
  pen.strokeStyle = ink.picked;
  pen.lineWidth = 2 / frame.scale;
  pen.setLineDash([6 / frame.scale, 5 / frame.scale]);
  pen.stroke();
  pen.setLineDash([]);
}

function paintHere(pen: Pen, frame: Frame, scene: Scene, here: Here, ink: Ink): void {
  const at = toPixel(frame, ...scene.world.ofLatLng(here.at));
  inPixels(pen, frame);
  pen.beginPath();
  pen.arc(at[0], at[1], here.reach * frame.scale, 0, 2 * Math.PI);
  pen.fillStyle = 'rgba(20, 110, 200, 0.14)';
  pen.fill();
  pen.strokeStyle = 'rgba(20, 110, 200, 0.5)';
  pen.lineWidth = 1;
  pen.stroke();
  dot(pen, at, 7, '#146ec8', ink.selectedGap);
}
