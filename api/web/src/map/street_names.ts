/** Names of roads, along the road. */
import type { Features } from './features';
import { type Box, type Frame, meets, toPixel } from './world';

export interface StreetName {
  name: string;
  /** middle, CSS pixels; angle in radians, never upside down */
  x: number;
  y: number;
  angle: number;
  /** how far the road runs nearly straight here */
  length: number;
}

/** the heading may turn by this much within a name */
const TURN = 0.22;

/** Find for each piece of named road in view where it runs straight the longest; longest first. */
export function streetNames(frame: Frame, roads: Features): StreetName[] {
  const found: StreetName[] = [];
  for (const road of roads.inView(frame.box)) {
    if (road.name === '' || !wantsName(road.kind, frame.zoom)) continue;
    for (const line of road.lines) {
      const piece = straightest(line, frame);
      if (piece && piece.length > 30) found.push({ name: road.name, ...piece });
    }
  }
  return found.sort((a, b) => b.length - a.length);
}

function wantsName(kind: string, zoom: number): boolean {
  if (kind === 'path') return false;
  if (kind === 'lane') return zoom >= 16;
  return kind === 'secondary' ? zoom >= 15 : zoom >= 14;
}

/** Longest nearly straight run of a line inside the frame. */
export function straightest(line: Float32Array, frame: Frame): Omit<StreetName, 'name'> | null {
  let best: Omit<StreetName, 'name'> | null = null;
  const n = line.length / 2;
  let i = 0;
  while (i + 1 < n) {
    const [x0, y0] = toPixel(frame, line[2 * i]!, line[2 * i + 1]!);
    const first = heading(line, i);
    let j = i + 1;
    while (j + 1 < n) {
      const turn = heading(line, j) - first;
      if (Math.abs(Math.atan2(Math.sin(turn), Math.cos(turn))) > TURN) break;
      j += 1;
    }
    const [x1, y1] = toPixel(frame, line[2 * j]!, line[2 * j + 1]!);
    i = j;
    const cut = clip(x0, y0, x1, y1, frame);
    if (!cut) continue;
    const [ax, ay, bx, by] = cut;
    const length = Math.hypot(bx - ax, by - ay);
    if (best && length <= best.length) continue;
    let angle = Math.atan2(by - ay, bx - ax);
    if (angle > Math.PI / 2) angle -= Math.PI;
    else if (angle <= -Math.PI / 2) angle += Math.PI;
    best = { x: (ax + bx) / 2, y: (ay + by) / 2, angle, length };
  }
  return best;
}

function heading(line: Float32Array, i: number): number {
  return Math.atan2(line[2 * i + 3]! - line[2 * i + 1]!, line[2 * i + 2]! - line[2 * i]!);
}

/** Part of a segment inside the frame (Liang and Barsky, 1984). */
function clip(
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  frame: Frame,
): [number, number, number, number] | null {
  const box: Box = [0, 0, frame.width, frame.height];
  if (!meets([Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)], box)) {
    return null;
  }
  const dx = x1 - x0;
  const dy = y1 - y0;
  let from = 0;
  let to = 1;
  const edges: [number, number][] = [
    [-dx, x0],
    [dx, frame.width - x0],
    [-dy, y0],
    [dy, frame.height - y0],
  ];
  for (const [p, q] of edges) {
    if (p === 0) {
      if (q < 0) return null;
      continue;
    }
    const t = q / p;
    if (p < 0) from = Math.max(from, t);
    else to = Math.min(to, t);
  }
  return from < to ? [x0 + from * dx, y0 + from * dy, x0 + to * dx, y0 + to * dy] : null;
}
