/**
 * The map's verdict and the server's, move after move.
 *
 * tests/web_moves.py writes the moves and what the server's Judge found after each;
 * tests/e2e/test_web_units.py runs both.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeGround } from '../src/model/ground';
import { applyEdits, decodeLayout, type Layout } from '../src/model/layout';
import type {
  DetailWire,
  Edit,
  Finding,
  GroundWire,
  LayoutWire,
  TableWire,
} from '../src/model/types';
import { judge } from '../src/model/verdict';
import { decodeWalks } from '../src/model/walks';

interface Step {
  reset: boolean;
  edit: Edit;
  code: string | null;
  findings: number[];
  grids?: TableWire;
}

interface Moves {
  ground: GroundWire;
  detail: DetailWire;
  layout: LayoutWire;
  findings: Finding[];
  start: number[];
  steps: Step[];
}

const path = process.env.GEOGRID_MOVES;
const cases = path ? (JSON.parse(readFileSync(path, 'utf8')) as Moves[]) : [];

describe.skipIf(path === undefined)(
  path === undefined
    ? 'moves (skipped: GEOGRID_MOVES names no file of tests/web_moves.py)'
    : 'moves',
  { timeout: 120_000 },
  () => {
    test.each(cases.map((one, i) => [i, one] as const))('case %i', (_, moves) => {
      const ground = decodeGround(moves.ground);
      const walks = decodeWalks(moves.detail, ground);
      const start = decodeLayout(moves.layout, ground);
      const judged = (layout: Layout) => judge(layout, ground, walks);
      const told = (numbers: number[]) => numbers.map((i) => moves.findings[i]);
      expect(judged(start)).toEqual(told(moves.start));
      let layout = start;
      const spent: number[] = [];
      moves.steps.forEach((step, i) => {
        if (step.reset) layout = start;
        const begin = performance.now();
        layout = applyEdits(layout, ground, [step.edit], () => step.code!, walks);
        const found = judged(layout);
        spent.push(performance.now() - begin);
        expect(found, `move ${i}`).toEqual(told(step.findings));
        if (step.grids) {
          expectSameFigures(layout, decodeLayout({ ...moves.layout, grids: step.grids }, ground));
        }
      });
      spent.sort((a, b) => a - b);
      const [middle, most] = [spent[Math.floor(spent.length / 2)]!, spent[spent.length - 1]!];
      console.log(
        `${ground.n} courtyards: ${middle.toFixed(1)} ms a move, ${most.toFixed(1)} at most`,
      );
    });
  },
);

/** Walks travel in whole metres, and straight lines are measured in degrees. */
function expectSameFigures(own: Layout, server: Layout): void {
  expect([...own.grids.keys()]).toEqual([...server.grids.keys()]);
  for (const [code, told] of server.grids) {
    const made = own.grids.get(code)!;
    const { name, households, nCourtyards, community, serial } = told;
    expect(made).toMatchObject({ name, households, nCourtyards, community, serial });
    expect(made.deviation, code).toBeCloseTo(told.deviation!, 3);
    const off = Math.abs(made.walkMean! - told.walkMean!);
    expect(off, `walk of ${code}`).toBeLessThan(0.6 + 0.001 * told.walkMean!);
  }
}
