/** The phone's sheet at the foot: three heights, by finger, by button, by key. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { sheet } from '../app/state';
import { view } from '../app/view';
import { say } from '../words';

/** the low sheet lies below the map, see .frame-map; more than that covers it */
const LOW_PX = 96;
/** the height changes for a moment */
const SETTLE_MS = 260;

const HEIGHTS = ['low', 'half', 'full'] as const;
type Height = (typeof HEIGHTS)[number];

/** a finger that moved less than this only touched */
const TOUCH_PX = 6;
/** faster than this it throws the sheet to the next height */
const THROW_PX_PER_MS = 0.45;

interface Drag {
  from: number;
  height: number;
  at: number;
  time: number;
  speed: number;
}

export function Sheet({ children }: { children: ComponentChildren }) {
  const box = useRef<HTMLElement>(null);
  const drag = useRef<Drag | null>(null);

  const height = sheet.value;
  useEffect(() => {
    const tell = () => {
      const covered = height === 'half' && box.current ? box.current.offsetHeight - LOW_PX : 0;
      view()?.setCover({ bottom: Math.max(0, covered) });
    };
    tell();
    const later = setTimeout(tell, SETTLE_MS);
    return () => {
      clearTimeout(later);
      view()?.setCover({ bottom: 0 });
    };
  }, [height]);

  const step = (by: number) => {
    const to = HEIGHTS.indexOf(sheet.value) + by;
    sheet.value = HEIGHTS[Math.min(2, Math.max(0, to))]!;
  };

  const onDown = (event: PointerEvent) => {
    if (!box.current) return;
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    const height = box.current.getBoundingClientRect().height;
    drag.current = {
      from: event.clientY,
      height,
      at: event.clientY,
      time: event.timeStamp,
      speed: 0,
    };
  };

  const onMove = (event: PointerEvent) => {
    const held = drag.current;
    if (!held || !box.current) return;
    const passed = Math.max(1, event.timeStamp - held.time);
    held.speed = (held.at - event.clientY) / passed;
    held.at = event.clientY;
    held.time = event.timeStamp;
    if (Math.abs(event.clientY - held.from) < TOUCH_PX) return;
    box.current.style.transition = 'none';
    box.current.style.height = `${held.height + held.from - event.clientY}px`;
  };

  const onUp = () => {
    const held = drag.current;
    drag.current = null;
    if (!held || !box.current) return;
    const height = box.current.getBoundingClientRect().height;
    box.current.style.transition = '';
    box.current.style.height = '';
    const moved = held.from - held.at;
    if (Math.abs(moved) < TOUCH_PX) return;
    if (Math.abs(held.speed) > THROW_PX_PER_MS) step(held.speed > 0 ? 1 : -1);
    else sheet.value = nearest(height, box.current.parentElement!.clientHeight);
  };

  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault();
      step(event.key === 'ArrowUp' ? 1 : -1);
    }
  };

  return (
    <section ref={box} class={`sheet sheet-${sheet.value}`} aria-label={say('ui_sheet')}>
      <button
        type="button"
        class="sheet-handle"
        aria-label={say(sheet.value === 'full' ? 'ui_sheet_smaller' : 'ui_sheet_larger')}
        onPointerDown={onDown}
        onPointerMove={onMove}
        onPointerUp={onUp}
        onPointerCancel={onUp}
        onKeyDown={onKey}
        onClick={() => {
          sheet.value = sheet.value === 'low' ? 'half' : sheet.value === 'half' ? 'full' : 'low';
        }}
      >
        <span />
      </button>
      {children}
    </section>
  );
}

function nearest(height: number, whole: number): Height {
  const share = height / whole;
  return share < 0.3 ? 'low' : share < 0.72 ? 'half' : 'full';
}
