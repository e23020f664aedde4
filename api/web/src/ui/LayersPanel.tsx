/** What the map shows: theme, layers, legend. */
import { setTheme, toggleShown } from '../app/actions';
import { ground, inForce, isDark, language, layout, shown, start, theme } from '../app/state';
import { legendOf, type Legend as MapColours } from '../model/colours';
import type { Theme } from '../model/types';
import { say, type Word } from '../words';

const THEMES: Theme[] = [
  'grids',
  'households',
  'walk',
  'committee',
  'property',
  'beats',
  'changes',
];

const LAYERS = ['labels', 'buildings', 'roads', 'communities', 'basic_grids', 'beats', 'rooms'];

export function LayersPanel() {
  const land = ground.value;
  const held = inForce.value;
  const canCompare = held !== null && held.plan.plan_id !== layout.value?.plan.plan_id;
  const has: Record<string, boolean> = {
    basic_grids: (land?.basicGrids.size ?? 0) > 0,
    beats: (land?.beats.size ?? 0) > 0,
    rooms: (land?.beats.size ?? 0) > 0,
  };
  const layers = LAYERS.filter((name) => has[name] !== false);
  if (start.value?.basemap) layers.push('basemap');
  return (
    <div class="layers">
      <fieldset class="layers-group">
        <legend>{say('layers_theme')}</legend>
        {THEMES.map((name) => {
          const isOff = name === 'changes' && !canCompare;
          return (
            <label key={name} class={`layers-choice${isOff ? ' is-off' : ''}`}>
              <input
                type="radio"
                name="theme"
                value={name}
                checked={theme.value === name}
                disabled={isOff}
                onChange={() => setTheme(name)}
              />
              <span>{say(`theme_${name}` as Word)}</span>
            </label>
          );
        })}
        {!canCompare && <p class="card-note">{say('layers_changes_off')}</p>}
      </fieldset>
      <Legend />
      <fieldset class="layers-group">
        <legend>{say('layers_shown')}</legend>
        {layers.map((name) => (
          <label key={name} class="layers-choice">
            <input
              type="checkbox"
              checked={shown.value.has(name)}
              onChange={() => toggleShown(name)}
            />
            <span class={`layers-sign layers-sign-${name}`} aria-hidden="true" />
            <span>{say(`layer_${name}` as Word)}</span>
          </label>
        ))}
      </fieldset>
    </div>
  );
}

/** What the colours on the map mean now; on paper they are those of the day. */
export function legendNow(onPaper = false): MapColours | null {
  const [land, lay] = [ground.value, layout.value];
  const scheme = isDark.value && !onPaper ? 'dark' : 'light';
  return land && lay ? legendOf(theme.value, lay, land, language.value, scheme) : null;
}

interface LegendProps {
  onPaper?: boolean;
  hasTitle?: boolean;
}

export function Legend({ onPaper = false, hasTitle = true }: LegendProps) {
  const legend = legendNow(onPaper);
  if (!legend) return null;
  return (
    <section class="legend" aria-label={say('layers_legend')}>
      {hasTitle && <p class="legend-title">{legend.title}</p>}
      <ul>
        {legend.items.map((item) => (
          <li key={item.label + item.colour}>
            <span class="legend-colour" style={{ background: item.colour }} />
            <span>{item.label}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
