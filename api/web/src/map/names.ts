/** The sheet of names, and which of them stand in the window. */
import type { Features } from './features';
import type { Ink } from './ink';
import type { LabelState } from './labels';
import { Sheet, type SheetOptions } from './sheet';
import type { Box, Frame } from './world';
import { type Written, writeLabels } from './write';

export interface NameState extends LabelState {
  /** null: another map below says the names of its roads */
  roads: Features | null;
  /** shares of the window's width between which this layout shows */
  side: readonly [number, number];
  ink: Ink;
}

export class Names extends Sheet {
  private written: Written[] = [];

  constructor(
    options: SheetOptions,
    originOf: () => readonly [number, number],
    stateOf: () => NameState | null,
  ) {
    super(options, originOf, (pen, frame) => {
      const state = stateOf();
      this.written = state ? this.write(pen, frame, state) : [];
    });
  }

  /** Names in the window between two columns, pixels of the map's element. */
  standing(left: number, right: number): { text: string; box: Box }[] {
    const { x, y } = this.margin;
    const height = this._map?.getSize().y ?? 0;
    return this.written
      .map(({ text, box }) => ({
        text,
        box: [box[0] - x, box[1] - y, box[2] - x, box[3] - y] as Box,
      }))
      .filter(({ box }) => box[0] < right && box[2] > left && box[1] < height && box[3] > 0);
  }

  private write(pen: CanvasRenderingContext2D, frame: Frame, state: NameState): Written[] {
    const { x, y } = this.margin;
    const size = this._map.getSize();
    const [from, to] = state.side;
    // a name's box has air around it: its letters stay off the edge
    const window: Box = [x + size.x * from, y, x + size.x * to, y + size.y];
    const stood = new Set(this.written.map(({ key }) => key));
    const taken = coveredBy(this._map.getContainer(), x, y);
    return writeLabels(pen, frame, state, state.roads, state.ink, window, taken, stood);
  }
}

/** Places under buttons and boxes that lie over the map, pixels of a sheet. */
function coveredBy(element: HTMLElement, marginX: number, marginY: number): Box[] {
  const from = element.getBoundingClientRect();
  const boxes: Box[] = [];
  for (const part of Array.from(document.querySelectorAll('[data-over-map], .sheet, .edit-bar'))) {
    const { left, top, right, bottom } = part.getBoundingClientRect();
    if (right <= left || right < from.left || left > from.right) continue;
    const dx = marginX - from.left;
    const dy = marginY - from.top;
    boxes.push([left + dx, top + dy, right + dx, bottom + dy]);
  }
  return boxes;
}
