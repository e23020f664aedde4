/** The ground: what lies where, decoded once into typed arrays. (Owner: C) */
import type { GroundWire, TableWire } from './types';

/** A shape in projected units: see `Shape` below. */
export interface Shape {
  /** each ring or line flat: x0, y0, x1, y1, … in millionths of a degree from the origin (x = longitude) */
  lines: Int32Array[];
  /** west, south, east, north in the same units */
  bounds: [number, number, number, number];
}

export interface Courtyard {
  row: number;
  id: string;
  name: string;
  address: string;
  community: string;
  /** null: hidden from the public */
  households: number | null;
  load: number;
  part: number;
  /** row whose place it shares; mostly its own */
  spot: number;
  station: number;
  beat: string | null;
  at: [number, number];
  shape: Shape | null;
  more: Record<string, unknown>;
}

export interface Named {
  id: string;
  name: string;
  /** the community's subdistrict, the beat's station … */
  parent: string;
  at: [number, number] | null;
  shape: Shape | null;
  more: Record<string, unknown>;
}

export interface Arc {
  line: Int32Array;
  /** courtyard rows; -1: nobody */
  left: number;
  right: number;
  bounds: [number, number, number, number];
}

export interface Ground {
  wire: GroundWire;
  key: string;
  origin: [number, number];
  n: number;
  courtyards: Courtyard[];
  rowOf: Map<string, number>;
  arcs: Arc[];
  communities: Map<string, Named>;
  subdistricts: Map<string, Named>;
  beats: Map<string, Named>;
  stations: Named[];
  basicGrids: Map<string, Named>;
  landscape: Named[];
  coast: Named[];
  roads: Named[];
  parts: {
    id: string;
    community: string;
    low: number;
    high: number;
    reason: { zh: string; en: string };
  }[];
  /** neighbours of each row by usable contiguity, as offsets into one list (CSR) */
  neighbourStart: Int32Array;
  neighbours: Int32Array;
}

const SCALE = 1e6;

/** Return a table's rows as records. */
export function rowsOf(table: TableWire | null): Record<string, unknown>[] {
  if (table === null) {
    return [];
  }
  const { columns } = table;
  return table.rows.map((row) => {
    const record: Record<string, unknown> = {};
    for (let i = 0; i < columns.length; i++) {
      record[columns[i]!] = row[i];
    }
    return record;
  });
}

/** Turn differences into places; `bounds` grows to hold them. */
function decodeLine(flat: readonly number[], bounds: number[]): Int32Array {
  const line = new Int32Array(flat.length);
  let x = 0;
  let y = 0;
  for (let i = 0; i + 1 < flat.length; i += 2) {
    x += flat[i]!;
    y += flat[i + 1]!;
    line[i] = x;
    line[i + 1] = y;
    if (x < bounds[0]!) bounds[0] = x;
    if (y < bounds[1]!) bounds[1] = y;
    if (x > bounds[2]!) bounds[2] = x;
    if (y > bounds[3]!) bounds[3] = y;
  }
  return line;
}

function noBounds(): [number, number, number, number] {
  return [Infinity, Infinity, -Infinity, -Infinity];
}

/** Decode a shape: each list is a first point, then steps from point to point. */
export function decodeShape(lines: number[][]): Shape {
  const bounds = noBounds();
  return { lines: lines.map((flat) => decodeLine(flat, bounds)), bounds };
}

/** Return latitude and longitude of a place on the ground. */
export function toLatLng(ground: Pick<Ground, 'origin'>, x: number, y: number): [number, number] {
  return [(ground.origin[1] + y) / SCALE, (ground.origin[0] + x) / SCALE];
}

function text(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}

function shapeOf(value: unknown): Shape | null {
  return Array.isArray(value) && value.length > 0 ? decodeShape(value as number[][]) : null;
}

function pointOf(value: unknown): [number, number] | null {
  return Array.isArray(value) && value.length >= 2 ? [value[0], value[1]] : null;
}

function without(record: Record<string, unknown>): Record<string, unknown> {
  const { shape: _shape, at: _at, ...more } = record;
  return more;
}

/** Decode a layer; `id` and `parent` are columns, the id may be missing (landscape, roads). */
export function namedOf(table: TableWire | null, id: string, parent = ''): Named[] {
  return rowsOf(table).map((record, i) => ({
    id: text(record[id]) || String(i),
    name: text(record.name),
    parent: parent === '' ? '' : text(record[parent]),
    at: pointOf(record.at),
    shape: shapeOf(record.shape),
    more: without(record),
  }));
}

function byId(list: Named[]): Map<string, Named> {
  return new Map(list.map((one) => [one.id, one]));
}

function courtyardOf(record: Record<string, unknown>, row: number): Courtyard {
  const shape = shapeOf(record.shape);
  const at = pointOf(record.at);
  const box = shape?.bounds ?? [0, 0, 0, 0];
  return {
    row,
    id: text(record.courtyard_id),
    name: text(record.name),
    address: text(record.address),
    community: text(record.community_code),
    households: typeof record.households === 'number' ? record.households : null,
    load: typeof record.load === 'number' ? record.load : 0,
    part: Number(record.part ?? 0),
    spot: typeof record.spot === 'number' ? record.spot : row,
    station: typeof record.station === 'number' ? record.station : -1,
    beat: record.beat_id ? text(record.beat_id) : null,
    at: at ?? [Math.round((box[0] + box[2]) / 2), Math.round((box[1] + box[3]) / 2)],
    shape,
    more: without(record),
  };
}

function neighboursOf(n: number, edges: GroundWire['edges']): [Int32Array, Int32Array] {
  const start = new Int32Array(n + 1);
  for (let i = 0; i < edges.a.length; i++) {
    if (edges.usable[i] === 1) {
      start[edges.a[i]! + 1]!++;
      start[edges.b[i]! + 1]!++;
    }
  }
  for (let row = 0; row < n; row++) {
    start[row + 1]! += start[row]!;
  }
  const next = start.slice();
  const list = new Int32Array(start[n]!);
  for (let i = 0; i < edges.a.length; i++) {
    if (edges.usable[i] === 1) {
      const a = edges.a[i]!;
      const b = edges.b[i]!;
      list[next[a]!++] = b;
      list[next[b]!++] = a;
    }
  }
  return [start, list];
}

/** Decode what the server says of the ground. */
export function decodeGround(wire: GroundWire): Ground {
  const courtyards = rowsOf(wire.courtyards).map(courtyardOf);
  const [neighbourStart, neighbours] = neighboursOf(courtyards.length, wire.edges);
  return {
    wire,
    key: wire.key,
    origin: wire.origin,
    n: courtyards.length,
    courtyards,
    rowOf: new Map(courtyards.map((one) => [one.id, one.row])),
    arcs: wire.cells.arcs.map((flat, i) => {
      const bounds = noBounds();
      const line = decodeLine(flat, bounds);
      return { line, left: wire.cells.left[i]!, right: wire.cells.right[i]!, bounds };
    }),
    communities: byId(namedOf(wire.communities, 'community_code', 'subdistrict_code')),
    subdistricts: byId(namedOf(wire.subdistricts, 'subdistrict_code')),
    beats: byId(namedOf(wire.beats, 'beat_id', 'station_id')),
    stations: namedOf(wire.stations, 'station_id'),
    basicGrids: byId(namedOf(wire.basic_grids, 'grid_code', 'community_code')),
    landscape: namedOf(wire.landscape, 'id'),
    coast: namedOf(wire.coast, 'id'),
    roads: namedOf(wire.roads, 'id'),
    parts: rowsOf(wire.parts).map((part) => ({
      id: text(part.part_id),
      community: text(part.community_code),
      low: Number(part.low ?? 0),
      // infinity is no JSON number
      high: part.high === null || part.high === undefined ? Infinity : Number(part.high),
      reason: { zh: text(part.reason_zh), en: text(part.reason_en) },
    })),
    neighbourStart,
    neighbours,
  };
}
