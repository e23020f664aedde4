/** The words of the map: what the server sends (…Wire) and what it becomes here. */

export type Language = 'zh' | 'en';
export type GridLayer = 'gov_grids' | 'basic_grids';
/** Row of a courtyard in the ground; everything geometric speaks in rows, everything sent in ids. */
export type Row = number;

/** A table as the server writes it; shapes are flat lists of differences from the origin. */
export interface TableWire {
  columns: string[];
  rows: unknown[][];
}

export type PlanStatus =
  | 'draft'
  | 'proposed'
  | 'approved'
  | 'upcoming'
  | 'in_force'
  | 'retired'
  | 'withdrawn';

/** One plan as /plans tells it. */
export interface PlanInfo {
  plan_id: number;
  title: string;
  status: PlanStatus;
  revision: number;
  etag: string;
  district_code: string;
  scope: string | null;
  base_plan_id: number | null;
  document_no: string | null;
  effective_date: string | null;
  made_by: string | null;
  made_at: string | null;
}

export type Permission =
  | 'read'
  | 'see_drafts'
  | 'edit'
  | 'comment'
  | 'export'
  | 'compute'
  | 'submit'
  | 'approve'
  | 'publish'
  | 'audit'
  | 'administer';

export interface Me {
  name: string;
  role: 'viewer' | 'clerk' | 'planner' | 'approver' | 'admin';
  subdistrict: string | null;
  permissions: Permission[];
}

/** GET map/start: who asks and what there is. */
export interface StartWire {
  title: string;
  /** false: one plan served to this computer; there is nobody to sign in */
  has_accounts: boolean;
  me: Me | null;
  /** review number of a public map (审图号); null: 内部工作用图 */
  review_no: string | null;
  basemap: Basemap | null;
  districts: DistrictWire[];
}

export interface Basemap {
  kind: 'xyz' | 'pmtiles';
  url: string;
  attribution: string;
  max_zoom: number;
}

export interface DistrictWire {
  district_code: string;
  name: string;
  /** plan_id 0: the one plan that is served from its file */
  in_force: PlanInfo | null;
  upcoming: PlanInfo | null;
}

/** GET map/ground?plan=N: what lies where; the same for every revision of a plan. */
export interface GroundWire {
  /** changes whenever anything below does */
  key: string;
  /** south-west corner, millionths of a degree */
  origin: [number, number];
  district: {
    code: string;
    name: string;
    synthetic: boolean;
    /** households are estimates */
    estimated: boolean;
    attribution: string;
    /** what balances the grids: 'households' or another column */
    weight: string;
  };
  subdistricts: TableWire;
  communities: TableWire;
  /**
   * courtyard_id, name, address, community_code, households (null: hidden), load, part, spot,
   * station, beat_id, n_buildings, n_entrances, year_built, renovated_year, property_service,
   * committee, households_source, at, shape
   */
  courtyards: TableWire;
  /** footprints as shared borders: each arc once, with the rows left and right of it (-1: none) */
  cells: { arcs: number[][]; left: number[]; right: number[] };
  /** part_id, community_code, low, high (households a grid may have), reason_zh, reason_en */
  parts: TableWire;
  /** contiguity by rows; barrier null: a grid may hold together by it if usable is 1 */
  edges: { a: number[]; b: number[]; usable: number[]; barrier: (string | null)[] };
  rules: {
    target: number;
    walk_max_m: number | null;
    /** rows that must stay together, or apart, or make a grid of their own */
    together: Row[][];
    apart: Row[][];
    locked: Row[][];
  };
  /** codes that were given before and never come again */
  retired: string[];
  stations: TableWire;
  beats: TableWire;
  basic_grids: TableWire | null;
  landscape: TableWire | null;
  coast: TableWire | null;
  /** arterial and larger; the rest comes with the detail */
  roads: TableWire | null;
  /** sentences of the verdict, the same that the server uses */
  phrases: Record<Language, Record<string, string>>;
}

/** GET map/detail?plan=N: what may come a moment later. */
export interface DetailWire {
  key: string;
  roads: TableWire | null;
  buildings: TableWire | null;
  compounds: TableWire | null;
  /**
   * walking distance for every pair of rows within one part: whole metres, exact where the rules
   * limit walks
   */
  walks: { a: number[]; b: number[]; m: number[] };
}

/** GET map/layout?plan=N: which courtyard lies in which grid now. */
export interface LayoutWire {
  /** key of the ground that the rows refer to */
  ground: string;
  plan: PlanInfo;
  codes: string[];
  /** index into codes, per courtyard row; -1: in none */
  grid_ix: number[];
  /**
   * grid_code, name, serial, community_code, households, n_courtyards, walk_mean_m, walk_max_m,
   * deviation, beat_id, room_m, medoid (row or null); one row per code, same order
   */
  grids: TableWire;
  locks: string[];
  /** objective, bound, gap, status, households, cv, walk_mean_m …; of a draft: of its start */
  report: Record<string, unknown>;
  /** when it was made; ISO day */
  created: string | null;
}

export type FindingKind =
  | 'unassigned'
  | 'unknown_courtyard'
  | 'split_community'
  | 'broken'
  | 'out_of_band'
  | 'station_area'
  | 'rule'
  | 'locked'
  | 'code'
  | 'empty';

/** A fault, as the server's verdict tells it. */
export interface Finding {
  kind: FindingKind;
  severity: 'hard' | 'soft';
  grid_code: string;
  courtyard_ids: string[];
  words: Record<Language, string>;
}

/** One edit as POST /plans/{id}/moves takes it. */
export type Edit =
  | { op: 'move'; courtyards: string[]; to: string }
  | { op: 'split'; courtyards: string[] }
  | { op: 'merge'; grid: string; into: string }
  | { op: 'rename'; grid: string; name: string }
  | { op: 'lock' | 'unlock'; subject: string };

/** What is selected, and what an address names. */
export type Subject =
  | { kind: 'courtyard'; id: string }
  | { kind: 'grid'; layer: GridLayer; code: string }
  | { kind: 'community'; code: string }
  | { kind: 'subdistrict'; code: string }
  | { kind: 'beat'; id: string };

export type Theme =
  | 'grids'
  | 'households'
  | 'walk'
  | 'committee'
  | 'property'
  | 'beats'
  | 'changes';

export type Tool = 'pan' | 'tap' | 'box' | 'lasso';
