/** Names on a canvas: measured, placed, and written with a halo. */
import type { Features } from './features';
import type { Ink } from './ink';
import { type Label, type LabelState, type Style, wishes } from './labels';
import { isWhole, placeOne, Room } from './place';
import { streetNames } from './street_names';
import { type Box, type Frame, inPixels } from './world';

const FONT =
  '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", sans-serif';
const HALO = 3.5;

/** A name that stands on the map. */
export interface Written {
  key: string;
  text: string;
  /** CSS pixels of the canvas */
  box: Box;
}

type Pen = CanvasRenderingContext2D;

const widths = new Map<string, number>();
const PLAIN = /^[\u3400-\u9fff0-9]+$/;

/** Width of a text; most are Chinese characters, each as wide as it is high, and figures. */
function widthOf(pen: Pen, font: string, size: number, text: string): number {
  if (PLAIN.test(text)) {
    let digits = 0;
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x3400) digits += 1;
    return (text.length - digits) * size + (digits > 0 ? digits * measured(pen, font, '0') : 0);
  }
  return measured(pen, font, text);
}

function measured(pen: Pen, font: string, text: string): number {
  const key = `${font}|${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    // names of a large district all together are some megabytes: begin anew now and then
    if (widths.size > 20000) widths.clear();
    pen.font = font;
    width = pen.measureText(text).width;
    widths.set(key, width);
  }
  return width;
}

function sizeOf(style: Style, lineNumber: number): number {
  return lineNumber > 0 ? Math.max(11, Math.round(style.size * 0.76)) : style.size;
}

function fontOf(style: Style, lineNumber: number): string {
  const weight = style.bold && lineNumber === 0 ? 700 : 400;
  return `${style.slant ? 'italic ' : ''}${weight} ${sizeOf(style, lineNumber)}px ${FONT}`;
}

/**
 * Write the names of a view, the most important first.
 *
 * `window` is the part that the reader sees at rest: names lie in it whole or not at all. `taken` are
 * places under buttons. `stood` are keys of names that stood before: they go first among equals, so
 * that names do not jump from view to view.
 */
export function writeLabels(
  pen: Pen,
  frame: Frame,
  state: LabelState,
  roads: Features | null,
  ink: Ink,
  window: Box,
  taken: readonly Box[],
  stood: ReadonlySet<string>,
): Written[] {
  inPixels(pen, frame);
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.lineJoin = 'round';
  const room = new Room();
  for (const box of taken) room.take(box);
  const labels = wishes(frame, state, ink);
  for (const label of labels) if (stood.has(label.key)) label.weight += 30;
  labels.sort((a, b) => b.weight - a.weight || (a.key < b.key ? -1 : 1));
  const written: Written[] = [];
  for (const label of labels) {
    if (isFar(label, frame)) continue;
    const done = writeOne(pen, frame, label, room, window, ink);
    if (done) written.push(done);
  }
  if (roads && state.shown.has('labels'))
    writeStreets(pen, frame, roads, room, window, ink, written);
  return written;
}

function isFar(label: Label, frame: Frame): boolean {
  return label.x < 0 || label.y < 0 || label.x > frame.width || label.y > frame.height;
}

function writeOne(
  pen: Pen,
  frame: Frame,
  label: Label,
  room: Room,
  window: Box,
  ink: Ink,
): Written | null {
  const { style, lines } = label;
  let { y } = label;
  if (label.badge) {
    const half = Math.min(12, 6 + Math.max(0, frame.zoom - 12) * 1.4);
    const box: Box = [label.x - half - 2, y - half - 2, label.x + half + 2, y + half + 2];
    if (!isWhole(box, window) || !room.isFree(box)) return null;
    room.take(box);
    drawBadge(pen, label.x, y, half, label.badge, ink);
    if (lines.length === 0) return { key: label.key, text: label.badge, box };
    y += half + 4 + style.size * 0.6;
  }
  const lineHeight = style.size * 1.2;
  let width = 0;
  lines.forEach((text, i) => {
    width = Math.max(width, widthOf(pen, fontOf(style, i), sizeOf(style, i), text));
  });
  const height = lineHeight * (1 + (lines.length - 1) * 0.86);
  const wish = { x: label.x, y, width, height, weight: label.weight, moves: label.moves };
  const box = placeOne(wish, room, window);
  if (!box) return null;
  const middle = (box[0] + box[2]) / 2;
  const top = (box[1] + box[3]) / 2 - height / 2;
  lines.forEach((text, i) => {
    pen.font = fontOf(style, i);
    const at = top + lineHeight * (i === 0 ? 0.5 : 0.5 + i * 0.88);
    halo(pen, text, middle, at, i === 0 ? style.ink : ink.text.figure, ink);
  });
  return { key: label.key, text: lines.join(' '), box };
}

function halo(pen: Pen, text: string, x: number, y: number, colour: string, ink: Ink): void {
  pen.lineWidth = HALO;
  pen.strokeStyle = ink.text.halo;
  pen.strokeText(text, x, y);
  pen.fillStyle = colour;
  pen.fillText(text, x, y);
}

function drawBadge(pen: Pen, x: number, y: number, half: number, text: string, ink: Ink): void {
  pen.beginPath();
  pen.arc(x, y, half + 1.6, 0, 2 * Math.PI);
  pen.fillStyle = ink.selectedGap;
  pen.fill();
  pen.beginPath();
  pen.arc(x, y, half, 0, 2 * Math.PI);
  pen.fillStyle = ink.beat;
  pen.fill();
  pen.fillStyle = ink.selectedGap;
  pen.font = `700 ${Math.round(half * 1.2)}px ${FONT}`;
  pen.fillText(text, x, y + 0.5);
}

/** the same name again only this far away, pixels */
const APART = 360;

function writeStreets(
  pen: Pen,
  frame: Frame,
  roads: Features,
  room: Room,
  window: Box,
  ink: Ink,
  written: Written[],
): void {
  const size = frame.zoom >= 16.5 ? 13 : 11.5;
  const font = `400 ${size}px ${FONT}`;
  const placed = new Map<string, [number, number][]>();
  for (const { name, x, y, angle, length } of streetNames(frame, roads)) {
    const width = widthOf(pen, font, size, name);
    if (length < width * 0.9) continue;
    const same = placed.get(name) ?? [];
    if (same.some((spot) => Math.hypot(spot[0] - x, spot[1] - y) < APART)) continue;
    const cos = Math.abs(Math.cos(angle));
    const sin = Math.abs(Math.sin(angle));
    const w = (cos * width + sin * size) / 2 + 3;
    const h = (sin * width + cos * size) / 2 + 3;
    const box: Box = [x - w, y - h, x + w, y + h];
    if (!isWhole(box, window) || !room.isFree(box)) continue;
    room.take(box);
    same.push([x, y]);
    placed.set(name, same);
    pen.font = font;
    const k = frame.dots;
    pen.setTransform(
      k * Math.cos(angle),
      k * Math.sin(angle),
      -k * Math.sin(angle),
      k * Math.cos(angle),
      x * k,
      y * k,
    );
    halo(pen, name, 0, 0, ink.text.road, ink);
    inPixels(pen, frame);
    written.push({ key: `road:${name}:${same.length}`, text: name, box });
  }
}
