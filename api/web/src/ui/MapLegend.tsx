/** The legend on the map, as long as its colours mean something. */
import { isEditing, isNarrow, layout, theme } from '../app/state';
import { say, type Word } from '../words';
import { Legend } from './LayersPanel';

export function MapLegend() {
  // on a phone the tools of editing stand there
  if (theme.value === 'grids' || !layout.value || (isNarrow.value && isEditing.value)) return null;
  return (
    <details class="map-legend" open={!isNarrow.value} data-over-map>
      <summary>{say(`theme_${theme.value}` as Word)}</summary>
      <Legend />
    </details>
  );
}
