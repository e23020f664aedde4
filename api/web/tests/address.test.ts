import { describe, expect, it } from 'vitest';
import { isSame, keyOf, type Place, readAddress, writeAddress } from '../src/app/address';
import type { Ground } from '../src/model/ground';
import type { Subject } from '../src/model/types';
import { looksLikeAddress } from '../src/ui/asked';
import { count, day, percent, signed } from '../src/ui/format';
import { metresPerMm, roundLength } from '../src/ui/print/bounds';

const SUBJECTS: Subject[] = [
  { kind: 'grid', layer: 'gov_grids', code: '370202007001001' },
  { kind: 'grid', layer: 'basic_grids', code: '370202007001001' },
  { kind: 'courtyard', id: 'C0001' },
  { kind: 'community', code: '370202007001' },
  { kind: 'subdistrict', code: '370202007' },
  { kind: 'beat', id: 'PS05-01' },
];

const PLACE: Place = { plan: 3, subject: null, theme: 'walk', language: 'en', with: 2 };

describe('the address of the page', () => {
  it.each(SUBJECTS)('names %o and finds it again', (subject) => {
    const place = { ...PLACE, subject };
    expect(readAddress(writeAddress(place))).toEqual(place);
  });

  it('leaves out what is usual', () => {
    const usual: Place = { plan: 1, subject: null, theme: 'grids', language: 'zh', with: null };
    expect(writeAddress(usual)).toBe('?plan=1');
  });

  it('takes a grid without its layer, and nothing that it does not know', () => {
    expect(readAddress('?grid=370202007001001').subject).toEqual(SUBJECTS[0]);
    expect(readAddress('?grid=other:1&theme=x&lang=fr&plan=-1&with=a')).toEqual({
      plan: null,
      subject: null,
      theme: null,
      language: null,
      with: null,
    });
  });

  it('tells subjects apart by kind and layer', () => {
    expect(new Set(SUBJECTS.map(keyOf)).size).toBe(SUBJECTS.length);
    expect(isSame(SUBJECTS[0]!, { ...SUBJECTS[0]! } as Subject)).toBe(true);
    expect(isSame(SUBJECTS[0]!, null)).toBe(false);
  });
});

describe('numbers and days', () => {
  it('writes them as people read them', () => {
    expect(count(1234567)).toBe('1,234,567');
    expect(percent(-0.0005)).toBe('0%');
    expect(signed(0.088)).toBe('+8.8%');
    expect(signed(-0.5, 0)).toBe('−50%');
    expect(day('2026-03-01')).toBe('2026年3月1日');
    expect(day(null)).toBe('');
  });
});

describe('asking the service for an address', () => {
  it('asks only for what may be one', () => {
    expect(['大学路5号', '鱼山支路', '八大关', 'Daxue Lu 5', '路'].map(looksLikeAddress)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('printed maps', () => {
  it('know how long a metre is on paper', () => {
    const ground = { origin: [120_000_000, 36_000_000] } as Pick<Ground, 'origin'> as Ground;
    // a thousandth of a degree is 111.2 m north and 90 m east here
    const perMm = metresPerMm([0, 0, 1000, 1000], ground, 94, 94);
    expect(perMm).toBeCloseTo(111.195 / (94 * 0.94), 3);
    expect([7, 23, 99, 100].map(roundLength)).toEqual([5, 20, 50, 100]);
  });
});
