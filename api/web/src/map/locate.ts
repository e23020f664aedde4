/** Where the reader stands: asked of the browser only when the button is pressed. */
import L from 'leaflet';
import { notify, select } from '../app/actions';
import { say } from '../words';
import type { MapView } from './view';
import { World } from './world';

const PATIENCE_MS = 15000;
const NEAR_ZOOM = 17;

export function locate(view: MapView, done: () => void): void {
  if (!window.isSecureContext || !navigator.geolocation) {
    notify(say(window.isSecureContext ? 'map_locate_none' : 'map_locate_insecure'), 'info');
    done();
    return;
  }
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      const place = L.latLng(coords.latitude, coords.longitude);
      arrive(view, place, coords.accuracy);
      done();
    },
    ({ code }) => {
      notify(say(code === 1 ? 'map_locate_denied' : 'map_locate_failed'), 'info');
      done();
    },
    { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 30000 },
  );
}

function arrive(view: MapView, place: L.LatLng, accuracy: number): void {
  view.setHere({ at: place, reach: accuracy / World.metres(place.lat) });
  const within = view.map.options.maxBounds as L.LatLngBounds | undefined;
  if (within && !within.contains(place)) {
    notify(say('map_locate_outside'), 'info');
    return;
  }
  view.map.setView(place, Math.max(NEAR_ZOOM, view.map.getZoom()));
  const subject = view.selectAt(place);
  if (subject) select(subject);
  else notify(say('map_locate_no_grid'), 'info');
}
