/** Asking the service for an address that the page's own index does not know. */
import type { Subject } from '../model/types';
import { getJson } from '../net/server';
import { say } from '../words';

export interface Hit {
  subject: Subject;
  title: string;
  detail: string;
  /** found by the service, not by the page */
  isFar: boolean;
}

interface Yard {
  code: string;
  name: string | null;
  address?: string | null;
}

interface Answer {
  found: boolean;
  courtyard?: Yard | null;
  matches?: { courtyard?: Yard | null; gov_grid?: { code: string; name: string | null } | null }[];
  gov_grid?: { code: string; name: string | null } | null;
  address?: { by: string; apart?: number };
}

/** Chinese with a number in it, or a lane, road or yard by name. */
export function looksLikeAddress(text: string): boolean {
  if (text.length < 3 || text.length > 60) return false;
  const isChinese = /[\u3400-\u9fff]/.test(text);
  return isChinese && /[0-9０-９一二三四五六七八九十]|[路街巷弄里院号楼]/.test(text);
}

export async function locate(text: string): Promise<Hit[]> {
  const told = await getJson<Answer>(`locate?address=${encodeURIComponent(text)}`);
  const all = told.matches ?? [];
  const found = told.found ? [{ courtyard: told.courtyard, gov_grid: told.gov_grid }, ...all] : all;
  const hits: Hit[] = [];
  for (const { courtyard, gov_grid } of found) {
    if (!courtyard) continue;
    const isNear = told.address?.by === 'nearest';
    hits.push({
      subject: { kind: 'courtyard', id: courtyard.code },
      title: courtyard.name ?? courtyard.address ?? courtyard.code,
      detail: isNear ? say('find_nearest') : (gov_grid?.name ?? courtyard.address ?? ''),
      isFar: true,
    });
  }
  return hits;
}
