/** The map and the small furniture over it. */
import { effect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import 'leaflet/dist/leaflet.css';
import {
  ground,
  hovered,
  isDark,
  isEditing,
  isNarrow,
  language,
  layout,
  panel,
  selected,
  sheet,
  tool,
} from '../app/state';
import { say } from '../words';
import { footCover } from './cover';
import { describe } from './describe';
import { Furniture } from './Furniture';
import { Swipe } from './Swipe';
import { createMap, type MapView } from './view';

declare global {
  interface Window {
    geogridView?: MapView;
  }
}

/** until the phone's sheet has slid to its height */
const SLIDE_MS = 230;

export function MapCanvas() {
  const place = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<MapView | null>(null);
  useEffect(() => {
    const made = createMap(place.current!);
    window.geogridView = made;
    setView(made);
    return () => {
      if (window.geogridView === made) delete window.geogridView;
      made.dispose();
    };
  }, []);
  useEffect(() => {
    if (!view) return;
    const frame = place.current!.parentElement!;
    let timer = 0;
    const settle = () => {
      frame.style.setProperty('--map-under', `${footCover(frame)}px`);
      view.settle();
    };
    const soon = () => {
      clearTimeout(timer);
      timer = window.setTimeout(settle, SLIDE_MS);
    };
    view.map.on('resize', soon);
    const stop = effect(() => {
      void [panel.value, selected.value, sheet.value, isNarrow.value, isEditing.value];
      soon();
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [view]);
  return (
    <div class={`map-frame${isDark.value ? ' is-dark' : ''}`}>
      <div
        ref={place}
        class="map-leaflet"
        role="application"
        aria-label={say('map_label')}
        aria-describedby="map-keys"
      />
      <p id="map-keys" class="map-offstage">
        {say('map_keys')}
      </p>
      {view && <Furniture view={view} />}
      {view && <Swipe />}
      <Live />
      {view && <Tip view={view} />}
    </div>
  );
}

/** Read out what is selected. */
function Live() {
  void language.value;
  const subject = selected.value;
  const text = subject ? describe(subject, ground.value, layout.value) : '';
  return (
    <p class="map-offstage" aria-live="polite">
      {text && say('map_selected', { what: text })}
    </p>
  );
}

/** What the mouse points at, in a few words beside it. */
function Tip({ view }: { view: MapView }) {
  const tip = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = view.map.getContainer();
    const follow = (event: PointerEvent) => {
      const at = box.getBoundingClientRect();
      const x = event.clientX - at.left;
      const y = event.clientY - at.top;
      const el = tip.current;
      if (!el) return;
      const { offsetWidth: width, offsetHeight: height } = el;
      el.style.left = `${x + 16 + width > at.width ? x - 12 - width : x + 16}px`;
      el.style.top = `${y + 18 + height > at.height ? y - 10 - height : y + 18}px`;
    };
    box.addEventListener('pointermove', follow);
    return () => box.removeEventListener('pointermove', follow);
  }, [view]);
  const subject = hovered.value;
  const text = subject ? describe(subject, ground.value, layout.value) : '';
  const isShown = text !== '' && tool.value !== 'box' && tool.value !== 'lasso';
  return (
    <div ref={tip} class={`map-tip${isShown ? ' is-shown' : ''}`} aria-hidden="true">
      {text}
    </div>
  );
}
