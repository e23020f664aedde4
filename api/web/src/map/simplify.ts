/** Fewer points where nobody would see them. */

/**
 * Leave out points that lie nearer than a tolerance to the line that remains.
 *
 * Both ends stay: arcs that meet still meet, so that neighbours share a border without gaps. A closed
 * line keeps its farthest point too. Douglas and Peucker (1973), without recursion.
 */
export function simplify(line: Float32Array, tolerance: number): Float32Array {
  const n = line.length / 2;
  if (n <= 2 || tolerance <= 0) return line;
  const keeps = new Uint8Array(n);
  keeps[0] = 1;
  keeps[n - 1] = 1;
  let kept = 2;
  const limit = tolerance * tolerance;
  const open: number[] = [0, n - 1];
  while (open.length > 0) {
    const last = open.pop()!;
    const first = open.pop()!;
    let worst = -1;
    let at = -1;
    for (let i = first + 1; i < last; i++) {
      const away = distance(line, i, first, last);
      if (away > worst) {
        worst = away;
        at = i;
      }
    }
    if (at < 0 || (worst <= limit && !(first === 0 && last === n - 1 && isLoop(line)))) continue;
    keeps[at] = 1;
    kept += 1;
    open.push(first, at, at, last);
  }
  if (kept === n) return line;
  const short = new Float32Array(kept * 2);
  let to = 0;
  for (let i = 0; i < n; i++) {
    if (keeps[i]) {
      short[to++] = line[2 * i]!;
      short[to++] = line[2 * i + 1]!;
    }
  }
  return short;
}

function isLoop(line: Float32Array): boolean {
  return line[0] === line[line.length - 2] && line[1] === line[line.length - 1];
}

/** Square of the distance of point i from the piece between points a and b. */
function distance(line: Float32Array, i: number, a: number, b: number): number {
  const ax = line[2 * a]!;
  const ay = line[2 * a + 1]!;
  const bx = line[2 * b]! - ax;
  const by = line[2 * b + 1]! - ay;
  let x = line[2 * i]! - ax;
  let y = line[2 * i + 1]! - ay;
  const length = bx * bx + by * by;
  if (length > 0) {
    const share = Math.max(0, Math.min(1, (x * bx + y * by) / length));
    x -= share * bx;
    y -= share * by;
  }
  return x * x + y * y;
}
