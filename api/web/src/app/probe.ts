/** What tests and benches ask of the page from outside; it tells, and edits as a click would. */
import { effect } from '@preact/signals';
import { doEdits } from '../desk/session';
import { findings, ground, layout, saving } from './state';

declare global {
  interface Window {
    geogridProbe: typeof probe;
  }
}

const probe = {
  /** Grid of every courtyard as the screen shows it. */
  assignment(): Record<string, string> {
    const [on, now] = [ground.value, layout.value];
    if (!on || !now) return {};
    return Object.fromEntries(on.courtyards.map((yard) => [yard.id, now.codeOf[yard.row] ?? '']));
  },

  saving: () => ({ ...saving.value }),

  /** Give one courtyard to a grid beside it; return the milliseconds until the verdict is drawn. */
  async trialMove(seed: number): Promise<number> {
    const [on, now] = [ground.value!, layout.value!];
    const found: [string, string][] = [];
    for (let row = 0; row < on.n; row += 1) {
      for (let at = on.neighbourStart[row]!; at < on.neighbourStart[row + 1]!; at += 1) {
        const other = now.codeOf[on.neighbours[at]!]!;
        if (other !== now.codeOf[row]) found.push([on.courtyards[row]!.id, other]);
      }
    }
    // far apart from one another, the same ones every time
    const [id, to] = found[(seed * 7919) % found.length]!;
    const began = performance.now();
    const judged = nextVerdict();
    const done = doEdits([{ op: 'move', courtyards: [id], to }]);
    await judged;
    await new Promise(requestAnimationFrame);
    const took = performance.now() - began;
    await done;
    return took;
  },
};

function nextVerdict(): Promise<void> {
  const before = findings.peek();
  return new Promise((done) => {
    const end = effect(() => {
      if (findings.value === before) return;
      done();
      queueMicrotask(() => end());
    });
  });
}

/** Name the moment from which the map can be used, for whoever measures. */
function markUsable(): void {
  const view = window.geogridView;
  if (!view || view.busy()) requestAnimationFrame(markUsable);
  else performance.mark('map-usable');
}

export function openProbe(): void {
  window.geogridProbe = probe;
  markUsable();
}
