/** Sentences as Python's str.format makes them. (Owner: C) */
import type { Ground } from './ground';

/** courtyards named in a sentence; the finding holds all */
const NAMED = 5;

/** Fill the {named} places of a phrase. */
export function fill(frame: string, values: Readonly<Record<string, string>>): string {
  return frame.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

/** Write a number as `f"{value:,.0f}"` does: thousands by commas, a half to the even side. */
export function grouped(value: number): string {
  if (!Number.isFinite(value)) {
    return value > 0 ? 'inf' : value < 0 ? '-inf' : 'nan';
  }
  const size = Math.abs(value);
  const floor = Math.floor(size);
  const rest = size - floor;
  const whole = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  const digits = String(whole).replace(/\B(?=(\d{3})+$)/g, ',');
  return value < 0 ? `-${digits}` : digits;
}

/** Name the first few courtyards, and count the rest. */
export function courtyardsListed(
  rows: readonly number[],
  ground: Ground,
  frames: Readonly<Record<string, string>>,
): string {
  const said = rows
    .slice(0, NAMED)
    .map((row) => {
      const { name, id } = ground.courtyards[row]!;
      return name === '' ? id : fill(frames.titled!, { name, id });
    })
    .join(frames.comma!);
  if (rows.length <= NAMED) {
    return said;
  }
  return fill(frames.more!, { listed: said, n: String(rows.length - NAMED) });
}
