/** The ground: what lies where, decoded once into typed arrays. (Owner: C) */
import type { GroundWire } from './types';

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
