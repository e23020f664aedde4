import { describe, expect, it } from 'vitest';
import { DARK, type Ink, LIGHT, PRINT } from '../src/map/ink';
import { DEVIATION, KINDS, PALETTE, WALK } from '../src/model/palette';

type Rgb = [number, number, number];

function rgb(text: string): { colour: Rgb; alpha: number } {
  if (text.startsWith('#')) {
    const n = Number.parseInt(text.slice(1), 16);
    return { colour: [n >> 16, (n >> 8) & 255, n & 255], alpha: 1 };
  }
  const parts = text.match(/[\d.]+/g)!.map(Number);
  return { colour: [parts[0]!, parts[1]!, parts[2]!], alpha: parts[3] ?? 1 };
}

function over(top: string, ground: Rgb): Rgb {
  const { colour, alpha } = rgb(top);
  return colour.map((part, i) => part * alpha + ground[i]! * (1 - alpha)) as Rgb;
}

/** Relative luminance and contrast as WCAG 2.2 has them. */
function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

describe('names on the map', () => {
  const inks: [string, Ink, 'light' | 'dark'][] = [
    ['light', LIGHT, 'light'],
    ['dark', DARK, 'dark'],
    ['print', PRINT, 'light'],
  ];
  it.each(inks)('can be read on every colour of a theme: %s', (_, ink, scheme) => {
    const themes = [PALETTE, DEVIATION, WALK, KINDS].flatMap((theme) => theme[scheme]);
    const grounds = [...themes, ink.land, ink.sea, ink.park, ink.hill, ink.beach, ink.beyond];
    const { halo, ...texts } = ink.text;
    for (const ground of grounds) {
      for (const [name, text] of Object.entries(texts)) {
        const behind = over(halo, rgb(ground).colour);
        expect(contrast(rgb(text).colour, behind), `${name} on ${ground}`).toBeGreaterThan(4.5);
      }
    }
  });
});
