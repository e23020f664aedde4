/** Drawing the maps of printed pages, one after another, so that the page stays alive. */
import { ground, inForce, language, layout, shown, theme } from '../../app/state';
import { view } from '../../app/view';
import type { Subject } from '../../model/types';
import { type Bounds, boundsOfCommunity, boundsOfGrid, PADDING } from './bounds';

/** of a printed map, millimetres */
export const A3_MAP = { width: 286, height: 242 };
export const A4_MAP = { width: 186, height: 118 };

/** 96 CSS pixels an inch */
const PX_PER_MM = 96 / 25.4;
/** two dots a pixel: 192 dpi */
const DOTS = 2;

export interface Page {
  code: string;
  bounds: Bounds | null;
  /** address of the picture; null: not drawn yet */
  picture: string | null;
}

export function boundsOf(kind: 'communities' | 'grids', code: string): Bounds | null {
  const [land, lay] = [ground.value, layout.value];
  if (!land || !lay) return null;
  return kind === 'communities' ? boundsOfCommunity(code, land) : boundsOfGrid(code, land, lay);
}

/** Draw one map and return the address of its picture. */
export async function draw(
  kind: 'communities' | 'grids',
  code: string,
  bounds: Bounds,
): Promise<string | null> {
  const [map, lay] = [view(), layout.value];
  if (!map || !lay) return null;
  const size = kind === 'communities' ? A3_MAP : A4_MAP;
  const selected: Subject =
    kind === 'communities'
      ? { kind: 'community', code }
      : { kind: 'grid', layer: 'gov_grids', code };
  const canvas = map.snapshot(
    bounds,
    size.width * PX_PER_MM * DOTS,
    size.height * PX_PER_MM * DOTS,
    lay,
    {
      theme: theme.value === 'changes' && !inForce.value ? 'grids' : theme.value,
      language: language.value,
      shown: Array.from(shown.value).filter((name) => name !== 'basemap'),
      selected,
      dots: DOTS,
      padding: PADDING,
    },
  );
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  // old PCs have little memory for pictures: give it back before the next page
  canvas.width = 0;
  canvas.height = 0;
  return blob && URL.createObjectURL(blob);
}

/** Set the paper for this page only; @page cannot be chosen by class in browsers this old. */
export function setPaper(paper: string): () => void {
  const sheet =
    Array.from(document.styleSheets).find((one) => one.href?.includes('/map/')) ??
    document.styleSheets[0];
  if (!sheet) return () => undefined;
  const rule = `@page { size: ${paper}; margin: 0; }`;
  const at = sheet.insertRule(rule, sheet.cssRules.length);
  return () => {
    const held = sheet.cssRules[at];
    if (held && held.cssText.indexOf('@page') === 0) sheet.deleteRule(at);
  };
}
