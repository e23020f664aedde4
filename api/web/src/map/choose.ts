/** What the map itself says to the rest of the page: pointed at, picked. */
import { isSame } from '../app/address';
import { hovered, picked } from '../app/state';
import type { Subject } from '../model/types';

export function pointAt(subject: Subject | null): void {
  if (!isSame(hovered.peek(), subject)) hovered.value = subject;
}

/** Add rows to what is picked, or take them away. */
export function pick(rows: Iterable<number>, how: 'add' | 'remove' | 'toggle'): void {
  const next = new Set(picked.peek());
  for (const row of rows) {
    if (how === 'remove' || (how === 'toggle' && next.has(row))) next.delete(row);
    else next.add(row);
  }
  picked.value = next;
}
