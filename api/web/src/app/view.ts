/** The map as the rest of the page asks things of it; absent until it has been drawn. */
import type { MapView } from '../map/view';

export function view(): MapView | undefined {
  return window.geogridView;
}
