/** A layout: which courtyard lies in which grid; never changed in place. (Owner: C) */
import { type Ground, rowsOf } from './ground';
import type { LayoutWire, PlanInfo } from './types';

export { applyEdits, EditError, inverse } from './edits';

export interface GridFacts {
  code: string;
  name: string;
  serial: number;
  community: string;
  households: number | null;
  nCourtyards: number;
  walkMean: number | null;
  walkMax: number | null;
  /** (households - target) / target */
  deviation: number | null;
  beat: string | null;
  roomM: number | null;
  medoid: number | null;
}

export interface Layout {
  plan: PlanInfo;
  groundKey: string;
  /** grid code of each row; '' in none. Codes of grids not yet saved begin with 'new:' */
  codeOf: string[];
  grids: Map<string, GridFacts>;
  /** names of the grids that were there in this draft and hold nothing now */
  former: Map<string, string>;
  locks: Set<string>;
  report: LayoutWire['report'];
  created: string | null;
}

function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** Return the serial that a code ends in, 0 where it is of another form. */
export function serialOf(code: string): number {
  const digits = code.slice(-3);
  return /^[0-9]{3}$/.test(digits) ? Number(digits) : 0;
}

/** Decode which courtyard lies in which grid. */
export function decodeLayout(wire: LayoutWire, ground: Ground): Layout {
  const grids = new Map<string, GridFacts>();
  for (const row of rowsOf(wire.grids)) {
    const code = String(row.grid_code);
    grids.set(code, {
      code,
      name: String(row.name ?? ''),
      serial: number(row.serial) ?? serialOf(code),
      community: String(row.community_code ?? ''),
      households: number(row.households),
      nCourtyards: number(row.n_courtyards) ?? 0,
      walkMean: number(row.walk_mean_m),
      walkMax: number(row.walk_max_m),
      deviation: number(row.deviation),
      beat: row.beat_id ? String(row.beat_id) : null,
      roomM: number(row.room_m),
      medoid: number(row.medoid),
    });
  }
  const codeOf: string[] = new Array(ground.n);
  for (let row = 0; row < ground.n; row++) {
    codeOf[row] = wire.codes[wire.grid_ix[row] ?? -1] ?? '';
  }
  return {
    plan: wire.plan,
    groundKey: wire.ground,
    codeOf,
    grids,
    former: new Map(),
    locks: new Set(wire.locks),
    report: wire.report,
    created: wire.created,
  };
}

/** Return the rows of every grid, ascending. */
export function membersOf(layout: Pick<Layout, 'codeOf'>): Map<string, number[]> {
  const members = new Map<string, number[]>();
  for (let row = 0; row < layout.codeOf.length; row++) {
    const code = layout.codeOf[row]!;
    if (code !== '') {
      const rows = members.get(code);
      if (rows) rows.push(row);
      else members.set(code, [row]);
    }
  }
  return members;
}
