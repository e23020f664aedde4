/** What the desk needs of the sync; until that is here, drafts can be looked at, not edited. */
import type { ReadonlySignal } from '@preact/signals';
import type { Edit } from '../model/types';
import type { LogEntry } from '../net/calls';

export interface Conflict {
  id: string;
  edits: Edit[];
  theirs: LogEntry[];
  who: string;
  when: string;
}

export interface Refused {
  id: string;
  edits: Edit[];
  said: string;
}

export interface Sync {
  edit(edits: Edit[], note?: string): Promise<void>;
  undo(): Promise<void>;
  redo(): Promise<void>;
  canUndo: ReadonlySignal<boolean>;
  canRedo: ReadonlySignal<boolean>;
  conflicts: ReadonlySignal<Conflict[]>;
  refused: ReadonlySignal<Refused[]>;
  /** whether waiting edits outlive the page */
  isKept: ReadonlySignal<boolean>;
  resolve(conflict: Conflict, choice: 'mine' | 'theirs'): Promise<void>;
  discard(refused: Refused): Promise<void>;
  start(): Promise<void>;
  stop(): void;
}

export const makeSync: ((plan_id: number) => Sync) | null = null as
  | ((plan_id: number) => Sync)
  | null;
