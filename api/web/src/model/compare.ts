/** Two layouts side by side. (Owner: C) */
import type { Ground } from './ground';
import type { Layout } from './layout';

export interface LayoutFigures {
  nGrids: number;
  nCourtyards: number;
  /** null where households are hidden */
  households: number | null;
  mean: number;
  least: number;
  most: number;
  /** standard deviation over mean of what balances the grids */
  cv: number;
  /** households-weighted; null where walks are not known */
  walkMean: number | null;
  walkMax: number | null;
  /** share of grids within a fifth of the target */
  within20: number;
}

export interface Moved {
  id: string;
  name: string;
  /** '' where the other layout does not know it */
  from: string;
  to: string;
  households: number | null;
}

export interface Comparison {
  moved: Moved[];
  movedHouseholds: number;
  keptCodes: string[];
  endedCodes: string[];
  newCodes: string[];
  figures: { before: LayoutFigures; after: LayoutFigures };
}

/** Return the figures of a layout, or of some of its communities. */
export function figuresOf(
  layout: Layout,
  ground: Ground,
  within?: ReadonlySet<string>,
): LayoutFigures {
  const loads = new Map<string, number>();
  let [nCourtyards, households]: [number, number | null] = [0, 0];
  for (const courtyard of ground.courtyards) {
    const code = layout.codeOf[courtyard.row]!;
    if (code === '' || within?.has(courtyard.community) === false) continue;
    nCourtyards++;
    loads.set(code, (loads.get(code) ?? 0) + courtyard.load);
    households =
      households === null || courtyard.households === null
        ? null
        : households + courtyard.households;
  }
  const sizes = [...loads.values()];
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const mean = sizes.length ? total / sizes.length : 0;
  const variance = sizes.reduce((sum, size) => sum + (size - mean) ** 2, 0) / (sizes.length || 1);
  const { target } = ground.wire.rules;
  let walked: number | null = 0;
  let walkMax: number | null = 0;
  for (const [code, load] of loads) {
    const facts = layout.grids.get(code);
    if (facts?.walkMean === null || facts?.walkMax === null || facts === undefined) {
      walked = null;
      walkMax = null;
      break;
    }
    walked! += facts.walkMean * load;
    walkMax = Math.max(walkMax!, facts.walkMax);
  }
  const near = sizes.filter((size) => Math.abs(size - target) <= 0.2 * target).length;
  return {
    nGrids: loads.size,
    nCourtyards,
    households,
    mean,
    least: sizes.length ? Math.min(...sizes) : 0,
    most: sizes.length ? Math.max(...sizes) : 0,
    cv: mean > 0 ? Math.sqrt(variance) / mean : 0,
    walkMean: walked === null ? null : walked / Math.max(total, 1),
    walkMax,
    within20: sizes.length ? near / sizes.length : 0,
  };
}

/**
 * Compare two layouts, from `a` to `b`; their courtyards are matched by id.
 *
 * One's own subdistrict's draft knows nothing of the others: only communities of which both know
 * courtyards are compared.
 */
export function compareLayouts(a: Layout, b: Layout, groundA: Ground, groundB: Ground): Comparison {
  const within = communitiesOfBoth(groundA, groundB);
  const moved: Moved[] = [];
  let movedHouseholds = 0;
  const tell = (id: string, name: string, from: string, to: string, households: number | null) => {
    if (from !== to) {
      moved.push({ id, name, from, to, households });
      movedHouseholds += households ?? 0;
    }
  };
  for (const { id, name, row, households, community } of groundB.courtyards) {
    if (!within.has(community)) continue;
    const before = groundA.rowOf.get(id);
    const from = before === undefined ? '' : a.codeOf[before]!;
    tell(id, name, from, b.codeOf[row]!, households);
  }
  for (const { id, name, row, households, community } of groundA.courtyards) {
    if (!within.has(community)) continue;
    if (!groundB.rowOf.has(id)) tell(id, name, a.codeOf[row]!, '', households);
  }
  const [old, now] = [codesWithin(a, groundA, within), codesWithin(b, groundB, within)];
  return {
    moved,
    movedHouseholds,
    keptCodes: [...now].filter((code) => old.has(code)).sort(),
    endedCodes: [...old].filter((code) => !now.has(code)).sort(),
    newCodes: [...now].filter((code) => !old.has(code)).sort(),
    figures: { before: figuresOf(a, groundA, within), after: figuresOf(b, groundB, within) },
  };
}

function communitiesOfBoth(a: Ground, b: Ground): Set<string> {
  const known = new Set(a.courtyards.map((yard) => yard.community));
  return new Set(b.courtyards.map((yard) => yard.community).filter((code) => known.has(code)));
}

function codesWithin(layout: Layout, ground: Ground, within: ReadonlySet<string>): Set<string> {
  const codes = ground.courtyards
    .filter((yard) => within.has(yard.community))
    .map((yard) => layout.codeOf[yard.row]!);
  return new Set(codes.filter((code) => code !== ''));
}
