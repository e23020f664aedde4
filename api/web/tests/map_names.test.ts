import { describe, expect, it } from 'vitest';
import { placeAll, Room, type Wish } from '../src/map/place';
import { roundLength } from '../src/map/scale_bar';
import { straightest } from '../src/map/street_names';
import { frameOf, ramp, WORLD_ZOOM, World } from '../src/map/world';

/** Numbers that look random and are the same in every run. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (state * 1664525 + 1013904223) % 4294967296;
    yield state / 4294967296;
  }
}

function wishes(n: number, seed: number): Wish[] {
  const next = numbers(seed);
  return Array.from({ length: n }, (_, i) => ({
    x: next.next().value * 1440 - 60,
    y: next.next().value * 900 - 60,
    width: 30 + next.next().value * 90,
    height: 12 + next.next().value * 20,
    weight: next.next().value,
    moves: i % 2 === 0,
  }));
}

const WINDOW: [number, number, number, number] = [0, 0, 1320, 780];

describe('placing names', () => {
  it('lets none of a thousand lie over another or across the edge', () => {
    const boxes = placeAll(wishes(1000, 7), new Room(), WINDOW).filter((box) => box !== null);
    expect(boxes.length).toBeGreaterThan(60);
    for (let i = 0; i < boxes.length; i++) {
      const a = boxes[i]!;
      for (let j = i + 1; j < boxes.length; j++) {
        const b = boxes[j]!;
        const overlaps = a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
        expect(overlaps, `${i} and ${j}`).toBe(false);
      }
      const inside = a[0] >= 0 && a[1] >= 0 && a[2] <= WINDOW[2] && a[3] <= WINDOW[3];
      const outside = a[2] <= 0 || a[3] <= 0 || a[0] >= WINDOW[2] || a[1] >= WINDOW[3];
      expect(inside || outside).toBe(true);
    }
  });

  it('gives the place to the more important', () => {
    const wish = { x: 100, y: 100, width: 50, height: 12, moves: false };
    const boxes = placeAll(
      [
        { ...wish, weight: 1 },
        { ...wish, weight: 2 },
      ],
      new Room(),
      WINDOW,
    );
    expect(boxes[0]).toBeNull();
    expect(boxes[1]).not.toBeNull();
  });

  it('keeps off places that buttons cover', () => {
    const room = new Room();
    room.take([80, 80, 120, 120]);
    const wish = { x: 100, y: 100, width: 50, height: 12, weight: 1, moves: false };
    expect(placeAll([wish], room, WINDOW)).toEqual([null]);
  });
});

describe('names of streets', () => {
  const frame = frameOf(WORLD_ZOOM, 0, 0, 500, 500, 1);

  it('run along the longest straight piece, never upside down', () => {
    const line = Float32Array.of(400, 100, 300, 100, 100, 100, 100, 130);
    const piece = straightest(line, frame)!;
    expect(piece.length).toBeCloseTo(300);
    expect([piece.x, piece.y]).toEqual([250, 100]);
    expect(Math.abs(piece.angle)).toBeLessThan(0.01);
  });

  it('count only what lies in the picture', () => {
    expect(straightest(Float32Array.of(-1000, 50, 200, 50), frame)!.length).toBeCloseTo(200);
    expect(straightest(Float32Array.of(-1000, -50, 200, -50), frame)).toBeNull();
  });
});

describe('the plane', () => {
  const world = new World([120289331, 36045267]);

  it('goes to the world and back', () => {
    const [x, y] = world.point(93891, 23801);
    const { lat, lng } = world.latLng(x, y);
    expect(lng).toBeCloseTo(120.383222, 6);
    expect(lat).toBeCloseTo(36.069068, 6);
    const back = world.ofLatLng({ lat, lng });
    expect(back[0]).toBeCloseTo(x, 3);
    expect(back[1]).toBeCloseTo(y, 3);
  });

  it('knows metres', () => {
    const [x0] = world.point(0, 0);
    const [x1] = world.point(10000, 0);
    // a hundredth of a degree of longitude at 36 degrees north
    expect((x1 - x0) * World.metres(36.045)).toBeCloseTo(900, -1);
  });

  it('draws scale bars of round lengths', () => {
    expect([1234, 640, 420, 199, 51].map(roundLength)).toEqual([1000, 500, 200, 100, 50]);
  });

  it('goes smoothly between stops', () => {
    const stops = [
      [10, 1],
      [12, 3],
    ] as const;
    expect([9, 10, 11, 12, 20].map((zoom) => ramp(zoom, stops))).toEqual([1, 1, 2, 3, 3]);
  });
});
