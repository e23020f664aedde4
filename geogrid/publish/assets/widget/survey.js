// What the map is made of: corners and borders out of packed numbers, as paths to be filled.

const copyOf = (view) => view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
export const ints = (view) => new Int32Array(copyOf(view));
export const floats = (view) => new Float32Array(copyOf(view));
export const bytes = (view) => new Uint8Array(copyOf(view));
const places = (view) => new Uint16Array(copyOf(view));

/** Lines or rings out of their packed form: for each, where its corners begin and end. */
function unpack(packed) {
  return { xy: places(packed.xy), ends: ints(packed.ends) };
}

export function trace(path, lines, row) {
  const end = lines.ends[row];
  for (let at = row ? lines.ends[row - 1] : 0, first = true; at < end; at += 1, first = false) {
    if (first) path.moveTo(lines.xy[2 * at], lines.xy[2 * at + 1]);
    else path.lineTo(lines.xy[2 * at], lines.xy[2 * at + 1]);
  }
}

function pathOf(lines) {
  const path = new Path2D();
  for (let row = 0; row < lines.ends.length; row += 1) trace(path, lines, row);
  return path;
}

/** Everything about the ground that no layout changes. */
export function surveyOf(scene) {
  const shapes = unpack(scene.shapes);
  const of = ints(scene.shapes.of);
  const n = scene.courtyards.names.length;
  const yards = Array.from({ length: n }, () => new Path2D());
  const boxes = new Float64Array(4 * n).map((_, at) => (at % 4 < 2 ? Infinity : -Infinity));
  for (let ring = 0; ring < of.length; ring += 1) {
    const yard = of[ring];
    trace(yards[yard], shapes, ring);
    yards[yard].closePath();
    for (let at = ring ? shapes.ends[ring - 1] : 0; at < shapes.ends[ring]; at += 1) {
      const x = shapes.xy[2 * at];
      const y = shapes.xy[2 * at + 1];
      boxes[4 * yard] = Math.min(boxes[4 * yard], x);
      boxes[4 * yard + 1] = Math.min(boxes[4 * yard + 1], y);
      boxes[4 * yard + 2] = Math.max(boxes[4 * yard + 2], x);
      boxes[4 * yard + 3] = Math.max(boxes[4 * yard + 3], y);
    }
  }
  const arcs = unpack(scene.arcs);
  const left = ints(scene.arcs.left);
  const right = ints(scene.arcs.right);
  const bounds = pathOf(unpack(scene.communities));
  const ground = scene.ground.map(({ kind, ...lines }) => ({ kind, path: pathOf(unpack(lines)) }));
  const extent = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < boxes.length; at += 1) {
    extent[at % 4] = (at % 4 < 2 ? Math.min : Math.max)(extent[at % 4], boxes[at]);
  }
  const towns = { names: scene.communities.names, at: places(scene.communities.at) };
  const roads = pathOf(unpack(scene.roads));
  const spots = places(scene.places);
  return { n, yards, boxes, arcs, left, right, bounds, ground, roads, spots, towns, extent };
}

/** What one layout looks like: the colour of each courtyard, and the borders between grids. */
export function sketchOf(survey, scene, picture) {
  const labels = ints(picture.labels);
  const borders = new Path2D();
  const { left, right, arcs } = survey;
  for (let arc = 0; arc < left.length; arc += 1) {
    const a = left[arc] < 0 ? -1 : labels[left[arc]];
    const b = right[arc] < 0 ? -1 : labels[right[arc]];
    if (a !== b) trace(borders, arcs, arc);
  }
  const moved = bytes(picture.moved);
  const changed = new Path2D();
  for (let yard = 0; yard < survey.n; yard += 1)
    if (moved[yard]) changed.addPath(survey.yards[yard]);
  const grids = {};
  for (const [name, column] of Object.entries(picture.grids)) grids[name] = floats(column);
  const colours = Array.from(bytes(picture.colours), (number) => scene.palette[number]);
  const { breaks, colours: classes } = scene.deviation;
  const deviations = Array.from(grids.households, (households) => {
    const off = households / scene.target - 1;
    const above = breaks.findIndex((limit) => off < limit);
    return classes[above < 0 ? breaks.length : above];
  });
  const fills = { grids: [], deviation: [] };
  for (const [theme, of] of [
    ['grids', colours],
    ['deviation', deviations],
  ]) {
    const groups = new Map();
    for (let yard = 0; yard < survey.n; yard += 1) {
      const colour = of[labels[yard]];
      if (!groups.has(colour)) groups.set(colour, new Path2D());
      groups.get(colour).addPath(survey.yards[yard]);
    }
    fills[theme] = [...groups];
  }
  const carries = ints(picture.carries);
  return { labels, borders, moved, changed, grids, fills, carries };
}
