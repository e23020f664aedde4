/**
 * A canvas that lies over the map with a margin around it: while the map is dragged it moves along
 * as it is, and is drawn again only when the margin is used up or the map has come to rest.
 */
import L from 'leaflet';
import { type Frame, frameOf } from './world';

export type Painter = (pen: CanvasRenderingContext2D, frame: Frame) => void;

/** share of the map's size that is drawn beyond each side */
const MARGIN = 0.25;
const LEAST_MARGIN = 96;
/** pixels of margin left at which drawing begins: a frame passes before it is done */
const SOON = 24;

export interface SheetOptions extends L.LayerOptions {
  /** stacking order among panes; above tiles (200), below popups (700) */
  order: number;
  name: string;
  /** drawn again whenever the map has come to rest: names settle in the window */
  isFreshAtRest: boolean;
  /** nothing to draw: a canvas of this size costs some ten megabytes */
  isEmpty?: () => boolean;
}

/** milliseconds of drawing in one frame; what does not fit in waits for the next */
const BUDGET_MS = 10;
const line: Sheet[] = [];
let ticking = 0;

/** Draw the sheets that wait, the lowest first, one at least. */
function drawLine(): void {
  ticking = 0;
  const from = performance.now();
  line.sort((a, b) => a.order - b.order);
  do line[0]?.drawNow();
  while (line.length > 0 && performance.now() - from < BUDGET_MS);
  if (line.length > 0) ticking = requestAnimationFrame(drawLine);
}

function joinLine(sheet: Sheet): void {
  if (!line.includes(sheet)) line.push(sheet);
  if (!ticking) ticking = requestAnimationFrame(drawLine);
}

function leaveLine(sheet: Sheet): void {
  const at = line.indexOf(sheet);
  if (at >= 0) line.splice(at, 1);
}

export class Sheet extends L.Layer {
  readonly canvas: HTMLCanvasElement;
  /** the canvas as it was last drawn */
  frame: Frame | null = null;
  /** where the canvas lies: of its corner, and how far it reaches beyond the map */
  margin: L.Point = L.point(0, 0);
  private centre: L.LatLng | null = null;
  private zoom = 0;
  private corner: L.Point = L.point(0, 0);
  private readonly pen: CanvasRenderingContext2D;

  constructor(
    private readonly of: SheetOptions,
    /** millionths of a degree */
    private readonly originOf: () => readonly [number, number],
    private readonly paint: Painter,
  ) {
    super({ pane: of.name });
    this.canvas = document.createElement('canvas');
    this.canvas.className = `map-sheet map-sheet-${of.name}`;
    this.canvas.setAttribute('aria-hidden', 'true');
    this.pen = this.canvas.getContext('2d')!;
  }

  override onAdd(map: L.Map): this {
    const pane = map.getPane(this.of.name) ?? map.createPane(this.of.name);
    pane.style.zIndex = String(this.of.order);
    pane.style.pointerEvents = 'none';
    L.DomUtil.addClass(this.canvas, 'leaflet-zoom-animated');
    pane.appendChild(this.canvas);
    this.redraw();
    return this;
  }

  override onRemove(): this {
    leaveLine(this);
    this.canvas.remove();
    return this;
  }

  override getEvents(): { [name: string]: L.LeafletEventHandlerFn } {
    return {
      // what is drawn is put where it belongs at once; it is drawn anew in the next frame
      moveend: () => this.rest(),
      resize: () => this.redraw(),
      viewreset: () => this.hold(),
      move: () => this.follow(),
      zoom: () => this.hold(),
      zoomanim: (event) => {
        const { center, zoom } = event as L.ZoomAnimEvent;
        this.stretch(center, zoom);
      },
    };
  }

  get order(): number {
    return this.of.order;
  }

  /** Draw in the next frame; many requests are one drawing. */
  redraw(): void {
    if (this._map) joinLine(this);
  }

  get isWaiting(): boolean {
    return line.includes(this);
  }

  drawNow(): void {
    const map = this._map;
    if (!map) return;
    leaveLine(this);
    const size = map.getSize();
    if (size.x === 0 || size.y === 0) return;
    const margin = L.point(
      Math.max(LEAST_MARGIN, Math.round(size.x * MARGIN)),
      Math.max(LEAST_MARGIN, Math.round(size.y * MARGIN)),
    );
    const width = size.x + 2 * margin.x;
    const height = size.y + 2 * margin.y;
    // more than two dots a pixel costs much memory on a phone and shows nothing
    const dots = Math.min(2, window.devicePixelRatio || 1);
    const { canvas } = this;
    if (this.of.isEmpty?.()) {
      if (this.frame) this.wipe();
      this.frame = null;
      return;
    }
    if (canvas.width !== Math.round(width * dots) || canvas.height !== Math.round(height * dots)) {
      canvas.width = Math.round(width * dots);
      canvas.height = Math.round(height * dots);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    } else {
      this.wipe();
    }
    this.corner = map.containerPointToLayerPoint([-margin.x, -margin.y]).round();
    this.margin = margin;
    this.centre = map.getCenter();
    this.zoom = map.getZoom();
    L.DomUtil.setTransform(canvas, this.corner, 1);
    const [lng, lat] = this.originOf();
    const origin = map.project([lat / 1e6, lng / 1e6], this.zoom);
    const from = map.getPixelOrigin().add(this.corner);
    this.frame = frameOf(this.zoom, origin.x - from.x, origin.y - from.y, width, height, dots);
    this.paint(this.pen, this.frame);
  }

  private wipe(): void {
    this.pen.setTransform(1, 0, 0, 1, 0, 0);
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** While dragged: draw anew only when the margin is used up. */
  private follow(): void {
    const map = this._map;
    if (!this.frame || map.getZoom() !== this.zoom) return;
    if (this.marginLeft() < SOON) this.redraw();
  }

  /** Come to rest: what is drawn may do, if the zoom is the same and there is margin all around. */
  private rest(): void {
    const does =
      this.frame !== null &&
      this._map.getZoom() === this.zoom &&
      this.marginLeft() > LEAST_MARGIN / 2 &&
      !this.of.isFreshAtRest;
    if (!does) this.redraw();
  }

  /** Pixels of the margin that are left on the side where there is least. */
  private marginLeft(): number {
    const now = this._map.containerPointToLayerPoint([0, 0]);
    const { x, y } = now.subtract(this.corner).subtract(this.margin);
    return Math.min(this.margin.x - Math.abs(x), this.margin.y - Math.abs(y));
  }

  private hold(): void {
    this.stretch(this._map.getCenter(), this._map.getZoom());
  }

  /** While zooming: stretch what is drawn, as Leaflet does with its own canvas. */
  private stretch(centre: L.LatLng, zoom: number): void {
    const map = this._map as L.Map & {
      _latLngToNewLayerPoint(place: L.LatLng, zoom: number, centre: L.LatLng): L.Point;
    };
    if (!this.frame || !this.centre) return;
    const scale = map.getZoomScale(zoom, this.zoom);
    const [lng, lat] = this.originOf();
    // where the ground's origin will lie; the canvas hangs on it
    const origin = map._latLngToNewLayerPoint(L.latLng(lat / 1e6, lng / 1e6), zoom, centre);
    const offset = origin.subtract(L.point(this.frame.dx, this.frame.dy).multiplyBy(scale));
    L.DomUtil.setTransform(this.canvas, offset, scale);
  }
}
