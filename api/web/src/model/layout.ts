/** A layout: which courtyard lies in which grid; never changed in place. (Owner: C) */
import type { LayoutWire, PlanInfo } from './types';

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
  locks: Set<string>;
  report: LayoutWire['report'];
  created: string | null;
}
