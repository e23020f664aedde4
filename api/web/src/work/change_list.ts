/** A change list: what the service made of it, and what it comes to in the browser. */
import { signal } from '@preact/signals';
import { beside, language, layout } from '../app/state';
import { touchedGrids } from '../desk/change';
import { csvOf } from '../desk/csv';
import { type Refusal, refusalOf } from '../desk/refusals';
import { doEdits, faultWords, maths } from '../desk/session';
import type { Ground } from '../model/ground';
import type { Layout } from '../model/layout';
import type { Edit, Finding, Language } from '../model/types';
import { post, ServerError } from '../net/server';
import { say } from '../words';

type Field = 'courtyard_id' | 'name' | 'address' | 'community' | 'from' | 'to' | 'rename' | 'note';

export interface Taken {
  sheet: string;
  row: number;
  courtyard_id: string;
  name: string;
  from: string;
  to: string;
}

export interface Rejected {
  sheet: string;
  row: number;
  field: Field;
  /** head of the column in the file, if it has one */
  column: string;
  value: string;
  kind: string;
  reason: Record<Language, string>;
  remedy: Record<Language, string>;
}

export interface ChangeListWire {
  edits: Edit[];
  taken: Taken[];
  rejected: Rejected[];
  unchanged: number;
  without_target: number;
  unread: { sheet: string; row: number }[];
  columns: {
    sheets: {
      sheet: string;
      head_row: number;
      read: Partial<Record<Field, string[]>>;
      ignored: string[];
    }[];
    skipped_sheets: string[];
  };
}

/** What becomes of the grids if the list is taken over. */
export interface Foreseen {
  after: Layout;
  /** grids that change, by code */
  codes: string[];
  worse: Finding[];
  mended: Finding[];
}

export type Reading =
  | { state: 'none' }
  | { state: 'reading'; name: string }
  | { state: 'refused'; name: string; refusal: Refusal }
  | { state: 'read'; name: string; plan_id: number; told: ChangeListWire; isDone: boolean };

export const reading = signal<Reading>({ state: 'none' });

const CSV = 'text/csv';
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const MOST_BYTES = 5_000_000;

/** Send a file to the service; nothing is changed by that. */
export async function readList(file: File): Promise<void> {
  const plan_id = layout.value?.plan.plan_id;
  if (!plan_id) return;
  forget();
  const { name } = file;
  if (file.size > MOST_BYTES) {
    const refusal = refusalOf(new ServerError(413, '', '', {}));
    reading.value = {
      state: 'refused',
      name,
      refusal: { ...refusal, words: say('list_too_large') },
    };
    return;
  }
  reading.value = { state: 'reading', name };
  // office PCs call CSV by whatever program opens it; the service looks inside anyway
  const body = file.slice(0, file.size, /\.xls[a-z]?$/i.test(name) ? XLSX : CSV);
  try {
    const told = await post<ChangeListWire>(`plans/${plan_id}/change-list`, body, {
      timeoutMs: 60_000,
    });
    reading.value = { state: 'read', name, plan_id, told, isDone: false };
  } catch (error) {
    const refusal = refusalOf(error);
    const words = refusal.body.words as Record<Language, string> | undefined;
    if (words?.[language.value]) {
      refusal.words = words[language.value];
      refusal.detail = '';
    }
    reading.value = { state: 'refused', name, refusal };
  }
}

/** Put the list away; what was taken over stays. */
export function forget(): void {
  if (beside.peek() && reading.peek().state === 'read') beside.value = null;
  reading.value = { state: 'none' };
}

const keyOf = (f: Finding) => `${f.kind} ${f.grid_code} ${f.courtyard_ids.join(' ')}`;

/** Judge what the edits come to; a text says why they cannot be. */
export function foreseeList(
  edits: Edit[],
  now: Layout,
  on: Ground,
): { told: Foreseen } | { refusal: string } {
  const { apply, judge } = maths.value;
  let after: Layout;
  try {
    after = apply(now, on, edits);
  } catch (error) {
    return { refusal: faultWords(error) };
  }
  const codes = touchedGrids(now, after);
  const only = new Set(codes);
  const [before, found] = [judge(now, on, only), judge(after, on, only)];
  const had = new Set(before.map(keyOf));
  const has = new Set(found.map(keyOf));
  return {
    told: {
      after,
      codes,
      worse: found.filter((one) => !had.has(keyOf(one))),
      mended: before.filter((one) => !has.has(keyOf(one))),
    },
  };
}

/** Take the list over, as one step that can be taken back. */
export async function takeOver(): Promise<boolean> {
  const now = reading.value;
  if (now.state !== 'read' || now.isDone) return false;
  const said = say('list_said', { name: now.name, n: now.told.taken.length });
  const isDone = await doEdits(now.told.edits, said);
  if (isDone) {
    beside.value = null;
    reading.value = { ...now, isDone };
  }
  return isDone;
}

/** Return the heads of a template; the service knows them in either language. */
function heads(): string[] {
  return [
    say('list_courtyard_id'),
    say('list_name'),
    say('list_address'),
    say('list_community'),
    say('list_from'),
    say('list_to'),
    say('list_rename'),
    say('list_note'),
  ];
}

/** Return a template: the courtyards of some communities, where they lie, and where to is empty. */
export function templateOf(now: Layout, on: Ground, communities: ReadonlySet<string>): string {
  const rows = on.courtyards
    .filter((yard) => communities.has(yard.community))
    .sort((a, b) => (order(now, a.row) < order(now, b.row) ? -1 : 1))
    .map((yard) => {
      const code = now.codeOf[yard.row] ?? '';
      // a name survives a spreadsheet; fifteen digits do not
      const grid = now.grids.get(code)?.name || code;
      const community = on.communities.get(yard.community)?.name ?? yard.community;
      return [yard.id, yard.name, yard.address, community, grid, '', '', ''];
    });
  return csvOf([heads(), ...rows]);
}

function order(now: Layout, row: number): string {
  return `${now.codeOf[row] ?? ''} ${String(row).padStart(6, '0')}`;
}

export function fieldWord(one: Rejected): string {
  return one.column || say(`list_${one.field}`);
}

/** Return the reject report as a table, in the reader's language. */
export function rejectTable(rejected: readonly Rejected[]): string {
  const isMany = rejected.some((one) => one.sheet !== '');
  const tongue = language.value;
  const head = [say('list_row'), say('list_field'), say('list_value')];
  const rows = rejected.map((one) => [
    ...(isMany ? [one.sheet] : []),
    one.row,
    fieldWord(one),
    one.value,
    one.reason[tongue],
    one.remedy[tongue],
  ]);
  const first = isMany ? [say('list_sheet')] : [];
  return csvOf([[...first, ...head, say('list_reason'), say('list_remedy')], ...rows]);
}
