/** What mouse and fingers do on the map: select, tap, draw a box or a lasso. */
import L from 'leaflet';
import { select } from '../app/actions';
import { layout, selected, shown, theme, tool } from '../app/state';
import type { Subject } from '../model/types';
import { pick, pointAt } from './choose';
import { isLassoed } from './inside';
import { roomOf } from './marks';
import type { Scene } from './scene';
import type { Box } from './world';

/** zoom from which single courtyards can be meant */
export const YARD_ZOOM = 15;
/** pixels by which a finger, a mouse may miss */
const FINGER = 14;
const MOUSE = 5;
/** pixels below which a drag was a tap */
const STILL = 6;

export interface Ears {
  scene(): Scene | null;
  /** what is being drawn has changed, world units */
  draw(shape: readonly number[] | null): void;
}

export class Tools {
  private shape: number[] | null = null;
  private begun: { id: number; x: number; y: number } | null = null;
  private moved = false;
  private touches = 0;
  private isTouch = false;
  private pointing = 0;
  private readonly undo: (() => void)[] = [];

  constructor(
    private readonly map: L.Map,
    private readonly ears: Ears,
  ) {
    const box = map.getContainer();
    const on = (name: string, act: (event: PointerEvent) => void) => {
      const heard = act as EventListener;
      box.addEventListener(name, heard);
      this.undo.push(() => box.removeEventListener(name, heard));
    };
    on('pointerdown', (event) => this.down(event));
    on('pointermove', (event) => this.move(event));
    on('pointerup', (event) => this.up(event));
    on('pointercancel', (event) => this.up(event, true));
    on('pointerleave', () => pointAt(null));
    const key = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && this.shape) {
        event.stopPropagation();
        this.cancel();
      }
    };
    document.addEventListener('keydown', key, true);
    this.undo.push(() => document.removeEventListener('keydown', key, true));
    map.on('click', (event) => this.click(event as L.LeafletMouseEvent));
  }

  /** Fit the map's own gestures to the tool. */
  setTool(): void {
    const isDrawing = tool.value === 'box' || tool.value === 'lasso';
    const box = this.map.getContainer();
    box.classList.toggle('map-draws', isDrawing);
    box.classList.toggle('map-taps', tool.value === 'tap');
    if (isDrawing) {
      this.map.dragging.disable();
      this.map.boxZoom.disable();
    } else {
      this.map.dragging.enable();
      if (tool.value === 'pan') this.map.boxZoom.enable();
      else this.map.boxZoom.disable();
    }
    this.cancel();
  }

  dispose(): void {
    for (const undo of this.undo) undo();
    cancelAnimationFrame(this.pointing);
  }

  private get isDrawing(): boolean {
    return tool.value === 'box' || tool.value === 'lasso';
  }

  private worldAt(x: number, y: number): [number, number] | null {
    const scene = this.ears.scene();
    return scene ? scene.world.ofLatLng(this.map.containerPointToLatLng([x, y])) : null;
  }

  private pixelOf(event: PointerEvent): L.Point {
    const from = this.map.getContainer().getBoundingClientRect();
    return L.point(event.clientX - from.left, event.clientY - from.top);
  }

  private down(event: PointerEvent): void {
    this.isTouch = event.pointerType === 'touch';
    if (this.isTouch) this.touches += 1;
    this.moved = false;
    if (!this.isDrawing || event.button !== 0 || isOnFurniture(event)) return;
    if (this.touches > 1) {
      // the second finger means to move the map
      this.cancel();
      return;
    }
    const at = this.pixelOf(event);
    this.begun = { id: event.pointerId, x: at.x, y: at.y };
    const from = this.worldAt(at.x, at.y);
    this.shape = from ? [...from] : null;
    this.map.getContainer().setPointerCapture?.(event.pointerId);
  }

  private move(event: PointerEvent): void {
    const at = this.pixelOf(event);
    if (!this.begun || !this.shape) {
      if (event.pointerType !== 'touch') this.point(at, event);
      return;
    }
    if (event.pointerId !== this.begun.id) return;
    if (Math.hypot(at.x - this.begun.x, at.y - this.begun.y) > STILL) this.moved = true;
    const to = this.worldAt(at.x, at.y);
    if (!to) return;
    const [x0, y0] = this.shape as [number, number];
    if (tool.value === 'box') {
      this.shape = [x0, y0, to[0], y0, to[0], to[1], x0, to[1]];
    } else {
      this.shape.push(...to);
    }
    if (this.moved) this.ears.draw(this.shape);
  }

  private up(event: PointerEvent, isCancelled = false): void {
    if (event.pointerType === 'touch') this.touches = Math.max(0, this.touches - 1);
    if (!this.begun || event.pointerId !== this.begun.id) return;
    const { shape } = this;
    const { moved } = this;
    this.cancel();
    this.moved = moved;
    if (isCancelled || !shape || !moved) return;
    const scene = this.ears.scene();
    if (!scene) return;
    const rows = rowsInside(scene, shape);
    pick(rows, event.altKey ? 'remove' : 'add');
  }

  private cancel(): void {
    this.begun = null;
    this.shape = null;
    this.ears.draw(null);
  }

  /** A tap: a courtyard when taps pick, else what lies there. */
  private click(event: L.LeafletMouseEvent): void {
    if (this.isDrawing && this.moved) return;
    const scene = this.ears.scene();
    if (!scene) return;
    const { x, y } = event.containerPoint;
    const row = this.rowAt(scene, x, y);
    if (tool.value !== 'pan') {
      if (row >= 0) {
        const how = event.originalEvent.altKey
          ? 'remove'
          : event.originalEvent.shiftKey
            ? 'add'
            : 'toggle';
        pick(sharers(scene, row), how);
      }
      return;
    }
    select(this.beatAt(scene, x, y) ?? this.subjectOf(scene, row, selected.value));
  }

  private rowAt(scene: Scene, x: number, y: number): number {
    const at = this.worldAt(x, y);
    if (!at) return -1;
    const reach = (this.isTouch ? FINGER : MOUSE) / 2 ** (this.map.getZoom() - 20);
    return scene.rowAt(at[0], at[1], reach);
  }

  /** The grid at a courtyard; the courtyard itself where its grid is selected already. */
  private subjectOf(scene: Scene, row: number, chosen: Subject | null): Subject | null {
    if (row < 0) return null;
    const yard = scene.ground.courtyards[row]!;
    const code = layout.value?.codeOf[row] ?? '';
    if (code === '') return { kind: 'courtyard', id: yard.id };
    if (this.map.getZoom() >= YARD_ZOOM && gridOf(scene, chosen) === code) {
      return { kind: 'courtyard', id: yard.id };
    }
    return { kind: 'grid', layer: 'gov_grids', code };
  }

  /** A police room or station under the pointer, where they are shown. */
  private beatAt(scene: Scene, x: number, y: number): Subject | null {
    if (theme.value !== 'beats' && !shown.value.has('rooms')) return null;
    const at = this.worldAt(x, y);
    if (!at) return null;
    const reach = (this.isTouch ? FINGER : 9) / 2 ** (this.map.getZoom() - 20);
    for (const id of scene.beats.keys()) {
      const room = roomOf(scene, id);
      if (room && Math.hypot(room[0] - at[0], room[1] - at[1]) < reach) return { kind: 'beat', id };
    }
    return null;
  }

  /** Say what the mouse points at, once a frame. */
  private point(at: L.Point, event: PointerEvent): void {
    if (this.pointing || this.isDrawing) return;
    const isBusy = event.buttons !== 0 || isOnFurniture(event);
    this.pointing = requestAnimationFrame(() => {
      this.pointing = 0;
      const scene = this.ears.scene();
      if (!scene || isBusy) {
        pointAt(null);
        return;
      }
      const row = this.rowAt(scene, at.x, at.y);
      const subject =
        tool.value === 'tap' && row >= 0
          ? ({ kind: 'courtyard', id: scene.ground.courtyards[row]!.id } as const)
          : this.subjectOf(scene, row, selected.value);
      this.map.getContainer().classList.toggle('map-hits', subject !== null);
      pointAt(subject);
    });
  }
}

function isOnFurniture(event: Event): boolean {
  return event.target instanceof Element && event.target.closest('[data-over-map]') !== null;
}

/** Rows that share a courtyard's place: nobody could tap one of them alone. */
export function sharers(scene: Scene, row: number): number[] {
  const { courtyards } = scene.ground;
  const { spot } = courtyards[row]!;
  return courtyards.filter((yard) => yard.spot === spot).map((yard) => yard.row);
}

/** Code of the grid that is selected, itself or by a courtyard in it. */
export function gridOf(scene: Scene, subject: Subject | null): string | null {
  if (subject?.kind === 'grid' && subject.layer === 'gov_grids') return subject.code;
  if (subject?.kind !== 'courtyard') return null;
  const row = scene.ground.rowOf.get(subject.id);
  return row === undefined ? null : (layout.value?.codeOf[row] ?? null);
}

export function rowsInside(scene: Scene, shape: readonly number[]): number[] {
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < shape.length; i += 2) {
    box[0] = Math.min(box[0], shape[i]!);
    box[1] = Math.min(box[1], shape[i + 1]!);
    box[2] = Math.max(box[2], shape[i]!);
    box[3] = Math.max(box[3], shape[i + 1]!);
  }
  return scene
    .rowsIn(box)
    .filter((row) => isLassoed(shape, scene.spots[2 * row]!, scene.spots[2 * row + 1]!));
}
