/** Households on a line: the band shaded, the target as a tick, the grid as a dot. */
import { say } from '../../words';
import { count } from '../format';

interface Props {
  value: number;
  low: number;
  high: number;
  target: number;
}

export function Band({ value, low, high, target }: Props) {
  const top = Number.isFinite(high) ? high : Math.max(target * 1.5, value);
  const most = Math.max(top * 1.25, value * 1.05, target * 1.4);
  const at = (n: number) => `${Math.min(100, Math.max(0, (n / most) * 100))}%`;
  const isIn = value >= low && value <= high;
  const limits = Number.isFinite(high)
    ? say('card_band', { low: count(low), high: count(high) })
    : say('card_band_open', { low: count(low) });
  return (
    <div class="band" role="img" aria-label={say('card_band_said', { n: count(value), limits })}>
      <div class="band-track">
        <span
          class="band-zone"
          style={{ left: at(low), width: `${((top - low) / most) * 100}%` }}
        />
        <span class="band-target" style={{ left: at(target) }} />
        <span class={`band-dot ${isIn ? 'is-in' : 'is-out'}`} style={{ left: at(value) }} />
      </div>
      <div class="band-words" aria-hidden="true">
        <span>{limits}</span>
        <span>{say('card_target', { n: count(target) })}</span>
      </div>
    </div>
  );
}
