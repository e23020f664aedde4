/**
 * A canvas that lies over the map with a margin around it: while the map is dragged it moves along
 * as it is, and is drawn again only when the margin is used up or the map has come to rest.
 */
import L from 'leaflet';
import { type Frame, frameOf, WORLD_ZOOM } from './world';

export type Painter = (pen: CanvasRenderingContext2D, frame: Frame, isMoving: boolean) => void;

/** share of the map's size that is drawn beyond each side */
const MARGIN = 0.25;
const LEAST_MARGIN = 96;

export interface SheetOptions extends L.LayerOptions {
  /** stacking order among panes; above tiles (200), below popups (700) */
  order: number;
  name: string;
  /** drawn again while the map moves, not only at rest */
  followsMoves: boolean;
  /** no use beyond the map's edge */
  hasMargin: boolean;
}

export class Sheet extends L.Layer {
  readonly canvas: HTMLCanvasElement;
  /** the canvas as it was last drawn */
  frame: Frame | null = null;
  /** where the canvas lies: of its corner, and how far it reaches beyond the map */
  margin: L.Point = L.point(0, 0);
  private waiting = 0;
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
    if (this.waiting) cancelAnimationFrame(this.waiting);
    this.waiting = 0;
    this.canvas.remove();
    return this;
  }

  override getEvents(): { [name: string]: L.LeafletEventHandlerFn } {
    return {
      moveend: () => this.drawNow(),
      resize: () => this.drawNow(),
      viewreset: () => this.drawNow(),
      move: () => this.follow(),
      zoom: () => this.stretch(this._map.getCenter(), this._map.getZoom()),
      zoomanim: (event) => {
        const { center, zoom } = event as L.ZoomAnimEvent;
        this.stretch(center, zoom);
      },
    };
  }

  /** Draw in the next frame; many requests are one drawing. */
  redraw(): void {
    if (this.waiting || !this._map) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.drawNow();
    });
  }

  get isWaiting(): boolean {
    return this.waiting !== 0;
  }

  drawNow(isMoving = false): void {
    const map = this._map;
    if (!map) return;
    if (this.waiting) cancelAnimationFrame(this.waiting);
    this.waiting = 0;
    const size = map.getSize();
    if (size.x === 0 || size.y === 0) return;
    const share = this.of.hasMargin ? MARGIN : 0;
    const least = this.of.hasMargin ? LEAST_MARGIN : 0;
    const margin = L.point(
      Math.max(least, Math.round(size.x * share)),
      Math.max(least, Math.round(size.y * share)),
    );
    const width = size.x + 2 * margin.x;
    const height = size.y + 2 * margin.y;
    // more than two dots a pixel costs much memory on a phone and shows nothing
    const dots = Math.min(2, window.devicePixelRatio || 1);
    const { canvas } = this;
    if (canvas.width !== Math.round(width * dots) || canvas.height !== Math.round(height * dots)) {
      canvas.width = Math.round(width * dots);
      canvas.height = Math.round(height * dots);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    } else {
      this.pen.setTransform(1, 0, 0, 1, 0, 0);
      this.pen.clearRect(0, 0, canvas.width, canvas.height);
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
    this.paint(this.pen, this.frame, isMoving);
  }

  /** While dragged: draw anew only when the margin is used up. */
  private follow(): void {
    const map = this._map;
    if (!this.frame || map.getZoom() !== this.zoom) return;
    const now = map.containerPointToLayerPoint([0, 0]);
    const gone = now.subtract(this.corner).subtract(this.margin);
    const isUsedUp = Math.abs(gone.x) > this.margin.x - 8 || Math.abs(gone.y) > this.margin.y - 8;
    if (this.of.hasMargin ? isUsedUp && this.of.followsMoves : this.of.followsMoves) {
      this.drawNow(true);
    }
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

export function zoomForWidth(worldWidth: number, pixels: number): number {
  return WORLD_ZOOM + Math.log2(pixels / Math.max(worldWidth, 1));
}
