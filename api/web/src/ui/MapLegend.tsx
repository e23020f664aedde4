/** The legend on the map, as long as its colours mean something. */
import { isEditing, isNarrow, theme } from '../app/state';
import { Legend, legendNow } from './LayersPanel';

export function MapLegend() {
  // on a phone the tools of editing stand there
  if (isNarrow.value && isEditing.value) return null;
  const legend = theme.value === 'grids' ? null : legendNow();
  // names of beats stand on the map; their colours need no list
  if (!legend || legend.items.length === 0) return null;
  return (
    <details class="map-legend" open={!isNarrow.value} data-over-map>
      <summary>{legend.title}</summary>
      <Legend hasTitle={false} />
    </details>
  );
}
