/** Buttons, scale bar, north arrow and the line that says whose data this is. */
import { useState } from 'preact/hooks';
import { ground, language, layout, shown, start } from '../app/state';
import { say } from '../words';
import { locate } from './locate';
import { roundLength } from './scale_bar';
import type { MapView } from './view';

const BAR_PX = 110;

export function Furniture({ view }: { view: MapView }) {
  const { map } = view;
  const [isLocating, setLocating] = useState(false);
  void [view.moves.value, language.value];
  const zoom = map.getZoom();
  const button = (name: string, label: string, act: () => void, isOff: boolean, icon: string) => (
    <button
      type="button"
      class={`map-button map-button-${name}`}
      aria-label={label}
      title={label}
      disabled={isOff}
      onClick={act}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d={icon} />
      </svg>
    </button>
  );
  const go = () => {
    setLocating(true);
    locate(view, () => setLocating(false));
  };
  return (
    <>
      <div class="map-buttons" data-over-map>
        {button('in', say('map_zoom_in'), () => map.zoomIn(), zoom >= map.getMaxZoom(), PLUS)}
        {button('out', say('map_zoom_out'), () => map.zoomOut(), zoom <= map.getMinZoom(), MINUS)}
        {button('home', say('map_home'), () => view.home(), !ground.value, WHOLE)}
        {button('here', say('map_locate'), go, isLocating, TARGET)}
      </div>
      <div class="map-foot">
        <ScaleBar view={view} />
        <Attribution />
      </div>
      <div class="map-north" data-over-map role="img" aria-label={say('map_north_label')}>
        <svg viewBox="0 0 24 30" aria-hidden="true">
          <path class="map-north-dark" d="M12 1 L12 24 L4 29 Z" />
          <path class="map-north-light" d="M12 1 L12 24 L20 29 Z" />
        </svg>
        <span aria-hidden="true">{say('map_north')}</span>
      </div>
    </>
  );
}

const PLUS = 'M12 5v14M5 12h14';
const MINUS = 'M5 12h14';
const WHOLE = 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5';
const TARGET =
  'M12 2v4M12 18v4M2 12h4M18 12h4M18.5 12a6.5 6.5 0 1 1-13 0a6.5 6.5 0 0 1 13 0M12.1 12h-.2';

function ScaleBar({ view }: { view: MapView }) {
  void view.moves.value;
  const { map } = view;
  const { x, y } = map.getSize();
  if (x === 0) return null;
  const metres = map.distance(
    map.containerPointToLatLng([x / 2 - BAR_PX / 2, y / 2]),
    map.containerPointToLatLng([x / 2 + BAR_PX / 2, y / 2]),
  );
  if (!(metres > 0)) return null;
  const length = roundLength(metres);
  const width = Math.round((BAR_PX * length) / metres);
  const label =
    length >= 1000 ? say('map_kilometres', { n: length / 1000 }) : say('map_metres', { n: length });
  return (
    <div
      class="map-scale"
      data-over-map
      role="img"
      aria-label={say('map_scale', { length: label })}
    >
      <span class="map-scale-text" aria-hidden="true">
        {label}
      </span>
      <span class="map-scale-bar" style={{ width: `${width}px` }} aria-hidden="true" />
    </div>
  );
}

function Attribution() {
  const district = ground.value?.wire.district;
  const begin = start.value;
  const [isOpen, setOpen] = useState(false);
  if (!district || !layout.value) return null;
  const words = [
    begin?.review_no ? say('map_review_no', { no: begin.review_no }) : say('map_internal'),
    district.synthetic ? say('map_synthetic') : '',
    district.attribution,
    begin?.basemap && shown.value.has('basemap') ? begin.basemap.attribution : '',
  ];
  // a phone has room for what must be said; the rest comes on a tap
  return (
    <p class={`map-attribution${isOpen ? ' is-open' : ''}`} data-over-map>
      <span>{words.slice(0, 2).filter(Boolean).join(' · ')}</span>
      <span class="map-attribution-more">
        {' · '}
        {words.slice(2).filter(Boolean).join(' · ')}
      </span>
      <button
        type="button"
        class="map-attribution-button"
        aria-expanded={isOpen}
        aria-label={say('map_sources')}
        title={say('map_sources')}
        onClick={() => setOpen(!isOpen)}
      >
        i
      </button>
    </p>
  );
}
