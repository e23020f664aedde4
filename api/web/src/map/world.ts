/**
 * The plane that Leaflet draws on, counted from the ground's origin: pixels at zoom 20 (about a
 * decimetre). Everything is projected once; a view is then one scale and one shift, which a canvas
 * applies by itself.
 */

export const WORLD_ZOOM = 20;
/** west, north, east, south; y grows to the south as on the screen */
export type Box = [number, number, number, number];

/** as Leaflet's, but this file needs no browser */
export interface LatLng {
  lat: number;
  lng: number;
}

const MILLION = 1e6;
const HALF_TURN = 128 * 2 ** WORLD_ZOOM;

export class World {
  /** where the origin lies in the whole projected world */
  readonly left: number;
  readonly top: number;

  constructor(
    /** longitude and latitude in millionths of a degree */
    readonly origin: readonly [number, number],
  ) {
    this.left = eastOf(origin[0] / MILLION);
    this.top = southOf(origin[1] / MILLION);
  }

  /** Project a point given in millionths of a degree from the origin. */
  point(x: number, y: number): [number, number] {
    return [(x / MILLION / 180) * HALF_TURN, southOf((this.origin[1] + y) / MILLION) - this.top];
  }

  line(flat: ArrayLike<number>): Float32Array {
    const line = new Float32Array(flat.length);
    for (let i = 0; i < flat.length; i += 2) {
      const [x, y] = this.point(flat[i]!, flat[i + 1]!);
      line[i] = x;
      line[i + 1] = y;
    }
    return line;
  }

  latLng(x: number, y: number): LatLng {
    const lng = (x / HALF_TURN) * 180 + this.origin[0] / MILLION;
    const angle = Math.PI * (1 - (y + this.top) / HALF_TURN);
    return { lat: (Math.atan(Math.sinh(angle)) * 180) / Math.PI, lng };
  }

  ofLatLng(place: LatLng): [number, number] {
    return [eastOf(place.lng) - this.left, southOf(place.lat) - this.top];
  }

  /** South-west and north-east corner, as Leaflet takes them. */
  bounds(box: Box): [[number, number], [number, number]] {
    const from = this.latLng(box[0], box[3]);
    const to = this.latLng(box[2], box[1]);
    return [
      [from.lat, from.lng],
      [to.lat, to.lng],
    ];
  }

  /** Length of one world unit on the ground, metres, at a latitude. */
  static metres(lat: number): number {
    return ((Math.cos((lat * Math.PI) / 180) * 2 * Math.PI * 6378137) / 2) * (1 / HALF_TURN);
  }
}

function eastOf(lng: number): number {
  return ((lng + 180) / 180) * HALF_TURN;
}

function southOf(lat: number): number {
  const angle = (lat * Math.PI) / 180;
  return (1 - Math.asinh(Math.tan(angle)) / Math.PI) * HALF_TURN;
}

/** How the world lies on a canvas. */
export interface Frame {
  zoom: number;
  /** CSS pixels of a world unit */
  scale: number;
  /** where the world's origin lies, CSS pixels from the canvas's corner */
  dx: number;
  dy: number;
  width: number;
  height: number;
  /** device pixels of a CSS pixel */
  dots: number;
  /** what the canvas shows, world units */
  box: Box;
}

export function frameOf(
  zoom: number,
  dx: number,
  dy: number,
  width: number,
  height: number,
  dots: number,
): Frame {
  const scale = 2 ** (zoom - WORLD_ZOOM);
  const box: Box = [-dx / scale, -dy / scale, (width - dx) / scale, (height - dy) / scale];
  return { zoom, scale, dx, dy, width, height, dots, box };
}

/** Let a pen speak world units; widths are then divided by `frame.scale`. */
export function inWorld(pen: CanvasRenderingContext2D, frame: Frame): void {
  const k = frame.scale * frame.dots;
  pen.setTransform(k, 0, 0, k, frame.dx * frame.dots, frame.dy * frame.dots);
}

/** Let a pen speak CSS pixels. */
export function inPixels(pen: CanvasRenderingContext2D, frame: Frame): void {
  pen.setTransform(frame.dots, 0, 0, frame.dots, 0, 0);
}

export function toPixel(frame: Frame, x: number, y: number): [number, number] {
  return [x * frame.scale + frame.dx, y * frame.scale + frame.dy];
}

export function emptyBox(): Box {
  return [Infinity, Infinity, -Infinity, -Infinity];
}

export function grow(box: Box, line: ArrayLike<number>): Box {
  for (let i = 0; i < line.length; i += 2) {
    const x = line[i]!;
    const y = line[i + 1]!;
    if (x < box[0]) box[0] = x;
    if (y < box[1]) box[1] = y;
    if (x > box[2]) box[2] = x;
    if (y > box[3]) box[3] = y;
  }
  return box;
}

export function join(a: Box, b: Box): Box {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}

export function meets(a: Box, b: Box): boolean {
  return a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];
}

/** Value at zoom z between stops [[zoom, value], …]. */
export function ramp(zoom: number, stops: readonly (readonly [number, number])[]): number {
  let before = stops[0]!;
  if (zoom <= before[0]) return before[1];
  for (const stop of stops) {
    if (zoom <= stop[0]) {
      const share = (zoom - before[0]) / (stop[0] - before[0] || 1);
      return before[1] + (stop[1] - before[1]) * share;
    }
    before = stop;
  }
  return before[1];
}
