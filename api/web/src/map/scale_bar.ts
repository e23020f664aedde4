/** Lengths for the scale bar. */

/** The longest round length (1, 2 or 5 times a power of ten) that fits. */
export function roundLength(metres: number): number {
  const power = 10 ** Math.floor(Math.log10(metres));
  const lead = metres / power;
  return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power;
}
