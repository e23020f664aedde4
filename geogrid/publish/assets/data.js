/* Read the data blob: tables to records, flat differences to coordinates, places to records. */
(function (root) {
  "use strict";
  const app = (root.geogridMap = root.geogridMap || {});

  app.read = function (id) {
    return JSON.parse(document.getElementById(id).textContent);
  };

  function records(table) {
    return table.rows.map(function (row) {
      const record = {};
      table.columns.forEach(function (column, i) {
        record[column] = row[i];
      });
      return record;
    });
  }

  /* flat differences in millionths of a degree -> [[lat, lng], ...] */
  function decode(flat, origin) {
    const points = [];
    let x = origin[0];
    let y = origin[1];
    for (let i = 0; i < flat.length; i += 2) {
      x += flat[i];
      y += flat[i + 1];
      points.push([y / 1e6, x / 1e6]);
    }
    return points;
  }

  function bounds(rings) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    rings.forEach(function (ring) {
      ring.forEach(function (point) {
        box[0] = Math.min(box[0], point[0]);
        box[1] = Math.min(box[1], point[1]);
        box[2] = Math.max(box[2], point[0]);
        box[3] = Math.max(box[3], point[1]);
      });
    });
    return box;
  }

  function by(list, key) {
    const found = {};
    list.forEach(function (record) {
      found[record[key]] = record;
    });
    return found;
  }

  function collect(list, key) {
    const found = {};
    list.forEach(function (record) {
      (found[record[key]] = found[record[key]] || []).push(record);
    });
    return found;
  }

  /* All records with decoded shapes, and the links between them. */
  app.model = function (blob) {
    const model = { about: blob.about, themes: blob.themes };
    Object.keys(blob.tables).forEach(function (name) {
      model[name] = records(blob.tables[name]);
      model[name].forEach(function (record) {
        record.rings = record.shape.map(function (flat) {
          return decode(flat, blob.origin);
        });
        record.shape = null;
        record.box = bounds(record.rings);
        if (record.at) {
          record.at = decode(record.at, blob.origin)[0];
        }
      });
    });
    ["basic_grids", "beats", "stations", "compounds", "subdistricts", "landscape"].forEach(function (name) {
      model[name] = model[name] || [];
    });
    const tag = function (list, kind) {
      list.forEach(function (record) {
        record.is = kind;
      });
    };
    tag(model.gov_grids, "grid");
    tag(model.basic_grids, "basic");
    tag(model.courtyards, "courtyard");
    tag(model.communities, "community");
    tag(model.subdistricts, "subdistrict");
    tag(model.beats, "beat");
    tag(model.stations, "station");
    tag(model.compounds, "compound");

    model.grid = by(model.gov_grids, "grid_code");
    model.basic = by(model.basic_grids, "grid_code");
    model.courtyard = by(model.courtyards, "courtyard_id");
    model.community = by(model.communities, "community_code");
    model.subdistrict = by(model.subdistricts, "subdistrict_code");
    model.beat = by(model.beats, "beat_id");
    model.station = by(model.stations, "station_id");
    model.room = by(model.rooms, "beat_id");
    model.courtyardsOf = collect(model.courtyards, "grid_code");
    model.gridsOf = collect(model.gov_grids, "community_code");
    model.gridsOfBeat = collect(model.gov_grids, "beat_id");
    model.beatsOf = collect(model.beats, "station_id");
    model.communitiesOf = collect(model.communities, "subdistrict_code");
    model.pairsOf = collect(model.pairings, "grid_layer");
    return model;
  };

  app.latLngBounds = function (list) {
    const box = L.latLngBounds([]);
    list.forEach(function (record) {
      if (record.rings.length) {
        box.extend([record.box[0], record.box[1]]).extend([record.box[2], record.box[3]]);
      }
    });
    return box;
  };

  app.isPoint = function (record) {
    return record.rings.length > 0 && record.rings[0].length === 1;
  };

  app.middle = function (record) {
    return record.at || [(record.box[0] + record.box[2]) / 2, (record.box[1] + record.box[3]) / 2];
  };

  function contains(record, lat, lng) {
    const box = record.box;
    if (lat < box[0] || lat > box[2] || lng < box[1] || lng > box[3]) {
      return false;
    }
    let inside = false;
    record.rings.forEach(function (ring) {
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
        const a = ring[i];
        const b = ring[j];
        if (a[0] > lat !== b[0] > lat && lng < ((b[1] - a[1]) * (lat - a[0])) / (b[0] - a[0]) + a[1]) {
          inside = !inside;
        }
      }
    });
    return inside;
  }

  /* The record of a list under a place; points count within some pixels. */
  app.find = function (map, list, latlng, pixels) {
    const here = map.latLngToContainerPoint(latlng);
    let best = null;
    let least = pixels;
    for (let i = 0; i < list.length; i++) {
      const record = list[i];
      if (app.isPoint(record)) {
        const away = here.distanceTo(map.latLngToContainerPoint(record.rings[0][0]));
        if (away <= least) {
          best = record;
          least = away;
        }
      } else if (contains(record, latlng.lat, latlng.lng)) {
        return record;
      }
    }
    return best;
  };

  /* Words: a key and its values in the language of the moment. */
  app.text = function (key, values) {
    const said = app.words[app.language][key];
    return String(said === undefined ? key : said).replace(/\{(\w+)\}/g, function (whole, name) {
      return values && values[name] !== undefined && values[name] !== null ? values[name] : "";
    });
  };

  app.number = function (value, digits) {
    if (value === null || value === undefined) {
      return "–";
    }
    const parts = Number(value).toFixed(digits || 0).split(".");
    parts[0] = parts[0].replace(/\B(?=(\d{3})+(?!\d))/g, ",");
    return parts.join(".");
  };

  app.percent = function (share, digits) {
    const value = (share * 100).toFixed(digits === undefined ? 1 : digits);
    return (share > 0 ? "+" : "") + value.replace("-", "−") + "%";
  };

  app.gridName = function (grid) {
    if (grid.name) {
      return grid.name;
    }
    const community = app.data.community[grid.community_code];
    return app.text("grid_name", { community: community ? community.name : "", serial: app.serial(grid) });
  };

  app.serial = function (grid) {
    return grid.serial === null || grid.serial === undefined ? Number(grid.grid_code.slice(-3)) : grid.serial;
  };

  app.courtyardName = function (yard) {
    return yard.name || yard.address || yard.courtyard_id;
  };

  app.el = function (tag, className, text) {
    const node = document.createElement(tag);
    if (className) {
      node.className = className;
    }
    if (text !== undefined && text !== null) {
      node.textContent = text;
    }
    return node;
  };

  app.button = function (className, text, onClick) {
    const node = app.el("button", className, text);
    node.type = "button";
    node.addEventListener("click", onClick);
    return node;
  };

  app.clear = function (node) {
    while (node.firstChild) {
      node.removeChild(node.firstChild);
    }
    return node;
  };
})(window);
