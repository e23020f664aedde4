/** What a page's map must hold, and how long a metre is on it. */
import type { Ground } from '../../model/ground';
import type { Layout } from '../../model/layout';

/** west, south, east, north in ground units */
export type Bounds = [number, number, number, number];

/** metres of a degree of latitude */
const DEGREE_M = 111_195;
const MILLION = 1_000_000;

function grow(bounds: Bounds, more: readonly [number, number, number, number]): void {
  bounds[0] = Math.min(bounds[0], more[0]);
  bounds[1] = Math.min(bounds[1], more[1]);
  bounds[2] = Math.max(bounds[2], more[2]);
  bounds[3] = Math.max(bounds[3], more[3]);
}

/** The cells of a grid. */
export function boundsOfGrid(code: string, ground: Ground, layout: Layout): Bounds | null {
  const bounds: Bounds = [Infinity, Infinity, -Infinity, -Infinity];
  const isOwn = (row: number) => row >= 0 && layout.codeOf[row] === code;
  for (const arc of ground.arcs) {
    if (isOwn(arc.left) || isOwn(arc.right)) grow(bounds, arc.bounds);
  }
  return bounds[0] < bounds[2] ? widened(bounds, ground, 0.35) : null;
}

/** The community's outline; without one, its courtyards. */
export function boundsOfCommunity(code: string, ground: Ground): Bounds | null {
  const shape = ground.communities.get(code)?.shape;
  if (shape) return [...shape.bounds];
  const bounds: Bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (const yard of ground.courtyards) {
    if (yard.community === code && yard.shape) grow(bounds, yard.shape.bounds);
  }
  return bounds[0] < bounds[2] ? widened(bounds, ground, 0.05) : null;
}

/** least side of a card's map: surroundings help to find the way */
const LEAST_M = 220;

function widened(bounds: Bounds, ground: Ground, share: number): Bounds {
  const [across, down] = sizeOf(bounds, ground);
  const more = (metres: number) => Math.max(metres * share, LEAST_M - metres) / 2;
  const [x, y] = [more(across) / unitX(bounds, ground), more(down) / unitY()];
  return [bounds[0] - x, bounds[1] - y, bounds[2] + x, bounds[3] + y];
}

function unitX(bounds: Bounds, ground: Ground): number {
  const middle = (ground.origin[1] + (bounds[1] + bounds[3]) / 2) / MILLION;
  return (DEGREE_M / MILLION) * Math.cos((middle * Math.PI) / 180);
}

function unitY(): number {
  return DEGREE_M / MILLION;
}

/** Return width and height in metres. */
export function sizeOf(bounds: Bounds, ground: Ground): [number, number] {
  return [(bounds[2] - bounds[0]) * unitX(bounds, ground), (bounds[3] - bounds[1]) * unitY()];
}

/** share of the picture that the snapshot leaves free on each side */
export const PADDING = 0.03;

/** Return metres of ground on one millimetre of a picture of so many millimetres. */
export function metresPerMm(bounds: Bounds, ground: Ground, width: number, height: number): number {
  const [across, down] = sizeOf(bounds, ground);
  const room = 1 - 2 * PADDING;
  return Math.max(across / (width * room), down / (height * room));
}

/** Return the longest round length that fits into so many metres. */
export function roundLength(metres: number): number {
  const power = 10 ** Math.floor(Math.log10(metres));
  const lead = metres / power;
  return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power;
}
