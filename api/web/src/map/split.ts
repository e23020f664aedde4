/** The swipe: one layout left of a line, the other right of it. */
import type L from 'leaflet';

/** farther than any screen reaches */
const FAR = 99999;
const MAIN = ['grids', 'names'];
const TWIN = ['twin', 'twin-names'];

type Side = [number, number];

/** Return which share of the width the main layout takes, and which the one beside it. */
export function sides(share: number | null, isTwinLeft: boolean): [Side, Side] {
  if (share === null)
    return [
      [0, 1],
      [1, 1],
    ];
  const [left, right]: Side[] = [
    [0, share],
    [share, 1],
  ];
  return isTwinLeft ? [right!, left!] : [left!, right!];
}

/** Cut the panes at a share of the map's width; null: whole again. */
export function splitPanes(map: L.Map, share: number | null, isTwinLeft: boolean): void {
  // panes move with the map: the line is told in their own pixels
  const corner = map.containerPointToLayerPoint([0, 0]);
  const at = corner.x + Math.round(map.getSize().x * (share ?? 0));
  const cut = (names: string[], left: number, right: number) => {
    for (const name of names) {
      const pane = map.getPane(name);
      if (!pane) continue;
      pane.style.clip = share === null ? '' : `rect(${-FAR}px, ${right}px, ${FAR}px, ${left}px)`;
    }
  };
  cut(isTwinLeft ? TWIN : MAIN, -FAR, at);
  cut(isTwinLeft ? MAIN : TWIN, at, FAR);
}
