/** One function for every address that the page asks. (Owner: C) */
import type {
  DetailWire,
  Edit,
  Finding,
  GroundWire,
  LayoutWire,
  Me,
  PlanInfo,
  StartWire,
} from '../model/types';
import { getFile, getJson, type Options, post, send } from './server';

/** One line of a plan's log. */
export interface LogEntry {
  revision: number;
  seq: number;
  kind: 'move' | 'name' | 'lock';
  /** courtyard_id, grid code, or what is locked */
  subject: string;
  before: string;
  after: string;
}

export interface Revision {
  revision: number;
  made_by: string;
  made_at: string;
  note: string;
  undoes: number | null;
  entries: LogEntry[];
}

export interface MovesWire {
  revision: number;
  since: number;
  next: number;
  revisions: Revision[];
}

export interface GridChange {
  grid_code: string;
  [figure: string]: unknown;
}

/** What one edit did. */
export interface Saved extends Revision {
  plan_id: number;
  etag: string;
  replayed_over: number;
  created: string[];
  emptied: string[];
  warnings?: Finding[];
  figures?: GridChange[];
}

export interface VerdictWire {
  is_publishable: boolean;
  n_hard: number;
  n_soft: number;
  faults: Finding[];
}

export interface Comment {
  comment_id: number;
  plan_id: number;
  subject: string;
  body: string;
  made_by: string;
  made_at: string;
  settled_by: string | null;
  settled_at: string | null;
}

export interface Approval {
  approval_id: number;
  plan_id: number;
  revision: number;
  level: 'community' | 'subdistrict' | 'district';
  decision: 'agree' | 'object';
  made_by: string;
  made_at: string;
  note: string;
}

export interface CrosswalkRow {
  old_code: string | null;
  new_code: string | null;
  n_courtyards: number;
  households: number;
  [share: string]: unknown;
}

export interface MendFigures {
  objective: number;
  n_grids: number;
  cv: number;
  walk_mean_m: number;
  in_band: number;
  hard: number;
  soft: number;
}

export interface MendWire {
  revision: number;
  status: 'optimal' | 'gap' | 'heuristic' | 'unchanged' | 'impossible';
  edits: Edit[];
  before: MendFigures;
  after: MendFigures;
  moved: number;
  moved_households: number;
  bound: number | null;
  gap: number | null;
  words: { zh: string; en: string };
  /** of the communities afterwards: grid code, or new:1 for a grid to come */
  assignment: Record<string, string>;
}

export interface Token {
  expires_at: string;
  [member: string]: unknown;
}

function query(values: Record<string, string | number | undefined>): string {
  const told = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return told.length ? `?${told.join('&')}` : '';
}

export const getStart = (o?: Options) => getJson<StartWire>('map/start', o);

export const getGround = (plan: number, o?: Options) =>
  getJson<GroundWire>(`map/ground${query({ plan })}`, o);

export const getDetail = (plan: number, o?: Options) =>
  getJson<DetailWire>(`map/detail${query({ plan })}`, o);

export const getLayout = (plan: number, revision?: number, o?: Options) =>
  getJson<LayoutWire>(`map/layout${query({ plan, revision })}`, o);

export const getLedger = (plan: number, community: string, f: 'xlsx' | 'geojson', o?: Options) =>
  getFile(`map/ledger${query({ plan, community, f })}`, o);

/** Return who asks; null for the public. */
export async function getMe(o?: Options): Promise<Me | null> {
  const me = await getJson<Me & { name: string | null }>('me', o);
  return me.name === null ? null : me;
}

export const signIn = (name: string, password: string, o?: Options) =>
  post<Token>('token', { name, password, cookie: true }, o);

export const renewToken = (o?: Options) => post<Token>('token/renew', undefined, o);

export const signOut = (o?: Options) => send('DELETE', 'token', undefined, o);

/** Return all plans that the caller may see, newest first, page by page. */
export async function getPlans(
  wanted: { status?: string; district?: string } = {},
  o?: Options,
): Promise<PlanInfo[]> {
  const found: PlanInfo[] = [];
  const limit = 100;
  for (let offset = 0; ; offset += limit) {
    const path = `plans${query({ ...wanted, limit, offset })}`;
    const { plans } = await getJson<{ plans: PlanInfo[] }>(path, o);
    found.push(...plans);
    if (plans.length < limit) {
      return found;
    }
  }
}

export const getPlan = (plan: number, o?: Options) => getJson<PlanInfo>(`plans/${plan}`, o);

export const startDraft = (base: number, title: string, scope?: string, o?: Options) =>
  post<PlanInfo>('plans', scope === undefined ? { base, title } : { base, title, scope }, o);

export interface EditOptions extends Options {
  /** on top of what others did since, unless it touches the same */
  rebase?: boolean;
  verdict?: boolean;
}

const flagWord = (flag: boolean | undefined) => (flag === undefined ? undefined : String(flag));

export const postMoves = (plan: number, edits: readonly Edit[], note: string, o: EditOptions) =>
  post<Saved>(
    `plans/${plan}/moves${query({ rebase: flagWord(o.rebase), verdict: flagWord(o.verdict) })}`,
    { edits, note },
    o,
  );

export const getMoves = (plan: number, since: number, o?: Options) =>
  getJson<MovesWire>(`plans/${plan}/moves${query({ since, limit: 1000 })}`, o);

export const undoRevision = (plan: number, revision: number, o: EditOptions) =>
  post<Saved>(`plans/${plan}/undo${query({ rebase: flagWord(o.rebase) })}`, { revision }, o);

export const getVerdict = (plan: number, o?: Options) =>
  getJson<VerdictWire>(`plans/${plan}/validate`, o);

export const postMend = (
  plan: number,
  communities: readonly string[],
  seconds: number,
  o: Options,
) => post<MendWire>(`plans/${plan}/mend`, { communities, seconds }, { timeoutMs: 90_000, ...o });

export const comparePlans = (plan: number, other: number, o?: Options) =>
  getJson<Record<string, unknown>>(`plans/${plan}/compare${query({ with: other })}`, o);

export const getCrosswalk = (plan: number, o?: Options) =>
  getJson<{ plan_id: number; rows: CrosswalkRow[] }>(`plans/${plan}/crosswalk`, o);

export const getComments = async (plan: number, o?: Options) =>
  (await getJson<{ comments: Comment[] }>(`plans/${plan}/comments`, o)).comments;

/** `subject`: grid:CODE, courtyard:ID, or empty for the plan as a whole. */
export const postComment = (plan: number, body: string, subject = '', o?: Options) =>
  post<Comment>(`plans/${plan}/comments`, { body, subject }, o);

export const settleComment = (plan: number, comment: number, o?: Options) =>
  post<Comment>(`plans/${plan}/comments/${comment}/settle`, undefined, o);

export const getApprovals = async (plan: number, o?: Options) =>
  (await getJson<{ approvals: Approval[] }>(`plans/${plan}/approvals`, o)).approvals;

export const submit = (plan: number, o: Options) =>
  post<PlanInfo>(`plans/${plan}/submit`, undefined, o);

export const sendBack = (plan: number, note: string, o: Options) =>
  post<PlanInfo>(`plans/${plan}/send-back`, { note }, o);

export const approve = (plan: number, level: Approval['level'], note: string, o: Options) =>
  post<PlanInfo | Approval>(`plans/${plan}/approve`, { level, note }, o);

export const objectTo = (plan: number, level: Approval['level'], note: string, o: Options) =>
  post<Approval>(`plans/${plan}/object`, { level, note }, o);

export interface Publication {
  document_no: string;
  effective_date: string;
  accepted_because?: string;
  follows?: number;
}

export const publish = (plan: number, order: Publication, o: Options) =>
  post<PlanInfo>(`plans/${plan}/publish`, order, o);

export const withdraw = (plan: number, note: string, o?: Options) =>
  post<PlanInfo>(`plans/${plan}/withdraw`, { note }, o);

export const mergeDraft = (plan: number, draft: number, o: Options) =>
  post<Saved>(`plans/${plan}/merge`, { draft }, o);

export interface Located {
  [member: string]: unknown;
}

export const locate = (address: string, o?: Options) =>
  getJson<Located>(`locate${query({ address })}`, o);
