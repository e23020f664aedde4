/** Few colours so that neighbours differ, and that stay when others move. (Owner: C) */
import type { Ground } from './ground';
import type { Layout } from './layout';
import { CALM, PALETTE } from './palette';

const MOST = PALETTE.light.length;
const lastOf = new WeakMap<Ground, Map<string, number>>();
/** of whichever ground came last: a clerk's draft has one of its own, with the same codes */
let lastOfAny: ReadonlyMap<string, number> | undefined;

/**
 * Return a colour number for every grid; neighbours differ.
 *
 * A grid keeps the number it has in `before` (by default what was returned last for this ground, else for another)
 * unless a neighbour has the same; then the younger code gives way.
 */
export function neighbourColours(
  layout: Layout,
  ground: Ground,
  before: ReadonlyMap<string, number> | undefined = lastOf.get(ground) ?? lastOfAny,
): Map<string, number> {
  const colours = colourGraph(layout.codeOf, ground, before ?? new Map());
  // grids that are gone keep theirs: an undo brings them back as they were
  const kept = new Map([...(before ?? []), ...colours]);
  lastOf.set(ground, kept);
  lastOfAny = kept;
  return colours;
}

/** Colour the areas that rows with the same text make; '' is no area. */
export function colourGraph(
  of: readonly string[],
  ground: Ground,
  before: ReadonlyMap<string, number>,
): Map<string, number> {
  const near = adjacency(of, ground);
  const names = [...near.keys()].sort();
  const colours = new Map<string, number>();
  const waiting: string[] = [];
  for (const name of names) {
    const had = before.get(name);
    let clashes = had === undefined;
    if (!clashes) {
      for (const other of near.get(name)!) clashes ||= colours.get(other) === had;
    }
    if (clashes) waiting.push(name);
    else colours.set(name, had!);
  }
  if (fill(waiting, near, colours)) {
    return colours;
  }
  // what was there leaves no colour for somebody: begin anew
  colours.clear();
  fill(names, near, colours);
  return colours;
}

function adjacency(of: readonly string[], ground: Ground): Map<string, Set<string>> {
  const near = new Map<string, Set<string>>();
  for (const name of of) {
    if (name !== '' && !near.has(name)) near.set(name, new Set());
  }
  const join = (a: number, b: number) => {
    if (a < 0 || b < 0) return;
    const p = of[a]!;
    const q = of[b]!;
    if (p !== q && p !== '' && q !== '') {
      near.get(p)!.add(q);
      near.get(q)!.add(p);
    }
  };
  for (const arc of ground.arcs) join(arc.left, arc.right);
  // across a street too
  const { a, b } = ground.wire.edges;
  for (let i = 0; i < a.length; i++) join(a[i]!, b[i]!);
  return near;
}

/**
 * Colour the waiting ones after Brelaz (DSATUR); return false if the colours do not do.
 *
 * Each takes the colour used least so far among those its neighbours leave, which spreads the
 * colours evenly. doi:10.1145/359094.359101
 */
function fill(
  names: readonly string[],
  near: ReadonlyMap<string, ReadonlySet<string>>,
  colours: Map<string, number>,
): boolean {
  const used = new Array<number>(MOST).fill(0);
  for (const colour of colours.values()) used[colour]!++;
  const taken = new Map<string, Set<number>>();
  for (const name of names) {
    const by = new Set<number>();
    for (const other of near.get(name)!) {
      const colour = colours.get(other);
      if (colour !== undefined) by.add(colour);
    }
    taken.set(name, by);
  }
  let fits = true;
  while (taken.size > 0) {
    let node = '';
    let [most, degree] = [-1, -1];
    for (const [name, by] of taken) {
      const own = near.get(name)!.size;
      if (by.size > most || (by.size === most && own > degree)) {
        node = name;
        most = by.size;
        degree = own;
      }
    }
    const by = taken.get(node)!;
    taken.delete(node);
    let colour = -1;
    for (const [from, to] of [
      [0, CALM],
      [CALM, MOST],
    ] as const) {
      for (let c = from; c < to && (colour < 0 || c < to); c++) {
        if (!by.has(c) && (colour < 0 || (colour >= from && used[c]! < used[colour]!))) colour = c;
      }
      if (colour >= 0) break;
    }
    if (colour < 0) {
      fits = false;
      colour = 0;
    }
    colours.set(node, colour);
    used[colour]!++;
    for (const other of near.get(node)!) taken.get(other)?.add(colour);
  }
  return fits;
}
