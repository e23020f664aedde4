/** What the map itself may say to the rest of the page: selected, pointed at, picked. */
import { hovered, notice, picked, selected } from '../app/state';
import type { Subject } from '../model/types';

export function choose(subject: Subject | null): void {
  if (!isSame(selected.value, subject)) selected.value = subject;
}

export function pointAt(subject: Subject | null): void {
  if (!isSame(hovered.value, subject)) hovered.value = subject;
}

/** Add rows to what is picked, or take them away. */
export function pick(rows: Iterable<number>, how: 'add' | 'remove' | 'toggle'): void {
  const next = new Set(picked.value);
  for (const row of rows) {
    if (how === 'remove' || (how === 'toggle' && next.has(row))) next.delete(row);
    else next.add(row);
  }
  picked.value = next;
}

export function tell(text: string, tone: 'info' | 'good' | 'bad' = 'info'): void {
  notice.value = { text, tone };
}

export function keyOf(subject: Subject): string {
  switch (subject.kind) {
    case 'grid':
      return `grid:${subject.layer}:${subject.code}`;
    case 'courtyard':
    case 'beat':
      return `${subject.kind}:${subject.id}`;
    default:
      return `${subject.kind}:${subject.code}`;
  }
}

export function isSame(a: Subject | null, b: Subject | null): boolean {
  return a === b || (a !== null && b !== null && keyOf(a) === keyOf(b));
}
