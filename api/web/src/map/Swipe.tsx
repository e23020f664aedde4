/** The divider between two layouts, to be dragged or moved by arrow keys. */
import { useRef } from 'preact/hooks';
import { beside, divider, layout } from '../app/state';
import { say } from '../words';

const STEP = 0.02;
const LEAST = 0.04;

export function Swipe() {
  const held = useRef(false);
  const other = beside.value;
  if (!other) return null;
  const at = divider.value;
  const here = layout.value?.plan.title ?? '';
  const put = (share: number) => {
    divider.value = Math.max(LEAST, Math.min(1 - LEAST, share));
  };
  const drag = (event: PointerEvent) => {
    if (!held.current) return;
    const frame = (event.currentTarget as HTMLElement).parentElement!.getBoundingClientRect();
    put((event.clientX - frame.left) / frame.width);
  };
  const onKey = (event: KeyboardEvent) => {
    const wide = event.shiftKey ? 5 * STEP : STEP;
    const next: Record<string, number> = {
      ArrowLeft: at - wide,
      ArrowDown: at - wide,
      ArrowRight: at + wide,
      ArrowUp: at + wide,
      PageDown: at - 5 * STEP,
      PageUp: at + 5 * STEP,
      Home: 0,
      End: 1,
    };
    if (event.key in next) {
      put(next[event.key]!);
      event.preventDefault();
      event.stopPropagation();
    }
  };
  return (
    <>
      <div
        class="map-divider"
        style={{ left: `${at * 100}%` }}
        role="slider"
        tabIndex={0}
        aria-label={say('map_divider')}
        aria-orientation="horizontal"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(at * 100)}
        onKeyDown={onKey}
        onPointerDown={(event) => {
          held.current = true;
          (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
          event.preventDefault();
          (event.currentTarget as HTMLElement).focus();
        }}
        onPointerMove={drag}
        onPointerUp={() => {
          held.current = false;
        }}
        onPointerCancel={() => {
          held.current = false;
        }}
      >
        <span class="map-divider-grip" aria-hidden="true" />
      </div>
      <span class="map-side" style={{ right: `calc(${(1 - at) * 100}% + 30px)` }} data-over-map>
        {other.isBefore ? other.layout.plan.title : here}
      </span>
      <span class="map-side" style={{ left: `calc(${at * 100}% + 30px)` }} data-over-map>
        {other.isBefore ? here : other.layout.plan.title}
      </span>
    </>
  );
}
