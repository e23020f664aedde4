/** Asking the map to show a place. */
import type { Finding, Subject } from '../model/types';

interface Shower {
  flyTo(subject: Subject): void;
  showFinding(finding: Finding): void;
}

function map(): Shower | undefined {
  return (window as unknown as { geogridView?: Shower }).geogridView;
}

export function showFinding(finding: Finding): void {
  map()?.showFinding(finding);
}

export function flyTo(subject: Subject): void {
  map()?.flyTo(subject);
}
