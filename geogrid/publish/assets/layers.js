/* Draw the layers, all on one canvas, in one order; style them by zoom; switch themes. */
(function (root) {
  "use strict";
  const app = (root.geogridMap = root.geogridMap || {});

  const INK = "#24384a";
  const POLICE = "#1d4e89";

  /* value at zoom z between stops [[zoom, value], ...] */
  function ramp(z, stops) {
    if (z <= stops[0][0]) {
      return stops[0][1];
    }
    for (let i = 1; i < stops.length; i++) {
      if (z <= stops[i][0]) {
        const a = stops[i - 1];
        const b = stops[i];
        return a[1] + ((b[1] - a[1]) * (z - a[0])) / (b[0] - a[0]);
      }
    }
    return stops[stops.length - 1][1];
  }
  app.ramp = ramp;

  function rings(list) {
    const all = [];
    list.forEach(function (record) {
      record.rings.forEach(function (ring) {
        all.push(ring);
      });
    });
    return all;
  }

  function options(style) {
    return Object.assign(
      { interactive: false, renderer: app.renderer, fillRule: "nonzero", smoothFactor: 0.8, stroke: false, fill: false },
      style
    );
  }

  function area(list, style) {
    return L.polygon(rings(list), options(Object.assign({ fill: true }, style)));
  }

  function line(list, style) {
    return L.polyline(rings(list), options(Object.assign({ stroke: true, lineCap: "round", lineJoin: "round" }, style)));
  }

  function outline(list, style) {
    return L.polygon(rings(list), options(Object.assign({ stroke: true, lineJoin: "round" }, style)));
  }

  function where(list, key, values) {
    return list.filter(function (record) {
      return values.indexOf(record[key]) >= 0;
    });
  }

  /* a path with a style that follows the zoom; from: the zoom it appears at */
  function path(layer, style, from) {
    return { path: layer, style: style || null, from: from || 0 };
  }

  const SEA = { sea: "#c9dfec", water: "#c9dfec" };
  const LAND = { park: "#cfe3bd", hill: "#d3dfc0", beach: "#f4e7c3", other: "#eceadf" };

  function byKind(data, colours) {
    return Object.keys(colours).map(function (kind) {
      return path(area(where(data.landscape, "kind", [kind]), { fillColor: colours[kind], fillOpacity: 1 }));
    });
  }

  const ROADS = {
    arterial: { from: 0, width: [[12, 1.4], [14, 3.6], [16, 9], [18, 22]], fill: "#fffdf6" },
    secondary: { from: 12.5, width: [[12, 0.7], [14, 2], [16, 6], [18, 15]], fill: "#ffffff" },
    lane: { from: 14, width: [[14, 0.8], [16, 3], [18, 8]], fill: "#ffffff" },
    path: { from: 16, width: [[16, 1], [18, 2]], fill: "#ffffff" },
  };

  function roads(data) {
    const casings = [];
    const fills = [];
    ["path", "lane", "secondary", "arterial"].forEach(function (kind) {
      const rank = ROADS[kind];
      const list = where(data.roads, "kind", [kind]);
      casings.push(
        path(
          line(list, { color: "#c9bfae", opacity: 0.9 }),
          function (z) {
            return { weight: ramp(z, rank.width) + (z < 14 ? 0.8 : 1.6) };
          },
          Math.max(rank.from, 13)
        )
      );
      fills.push(
        path(
          line(list, { color: rank.fill, dashArray: kind === "path" ? "3 4" : null }),
          function (z) {
            return { weight: ramp(z, rank.width) };
          },
          rank.from
        )
      );
    });
    const rail = where(data.roads, "kind", ["rail"]);
    const width = function (extra) {
      return function (z) {
        return { weight: ramp(z, [[12, 1.4], [16, 4], [18, 7]]) + extra };
      };
    };
    fills.push(path(line(rail, { color: "#8f8f8f", lineCap: "butt" }), width(1)));
    fills.push(path(line(rail, { color: "#ffffff", lineCap: "butt", dashArray: "8 8" }), width(-0.4)));
    return casings.concat(fills);
  }

  function courtyards(data) {
    const points = data.courtyards.filter(app.isPoint);
    const areas = data.courtyards.filter(function (yard) {
      return !app.isPoint(yard);
    });
    const parts = [
      path(
        area(areas, { stroke: true, color: "#5c5346", fillColor: "#fffaf0", fillOpacity: 0.28, opacity: 0.75 }),
        function (z) {
          return { weight: ramp(z, [[15, 0.5], [17, 1.1], [19, 1.6]]) };
        },
        15
      ),
    ];
    points.forEach(function (yard) {
      const dot = L.circleMarker(
        yard.rings[0][0],
        options({ stroke: true, fill: true, color: "#5c5346", fillColor: "#fffaf0", fillOpacity: 1, weight: 1.2, radius: 3 })
      );
      parts.push(
        path(
          dot,
          function (z) {
            return { radius: ramp(z, [[14.5, 1.6], [17, 4], [19, 7]]) };
          },
          14.5
        )
      );
    });
    return parts;
  }

  /* dots of the police rooms; stations are badges, drawn with the labels */
  function rooms(data) {
    return data.rooms.map(function (room) {
      const dot = L.circleMarker(
        room.rings[0][0],
        options({ stroke: true, fill: true, color: "#ffffff", fillColor: POLICE, fillOpacity: 1, weight: 1.5, radius: 4 })
      );
      return path(dot, function (z) {
        return { radius: ramp(z, [[12, 2.4], [15, 4.5], [18, 7]]), weight: ramp(z, [[12, 0.8], [15, 1.6]]) };
      });
    });
  }

  function pairs(list, colour) {
    return [
      path(line(list, { color: "#ffffff", opacity: 0.8 }), function (z) {
        return { weight: ramp(z, [[12, 1.6], [16, 4]]) };
      }),
      path(line(list, { color: colour, opacity: 0.9 }), function (z) {
        return { weight: ramp(z, [[12, 0.7], [16, 1.8]]) };
      }),
    ];
  }

  function border(list, style, weight) {
    return [
      path(outline(list, { color: "#ffffff", opacity: 0.75 }), function (z) {
        return { weight: weight(z) + 2 };
      }),
      path(outline(list, style), function (z) {
        return { weight: weight(z) };
      }),
    ];
  }

  /* class of a grid under a theme: index into its colours, -1 if there is no figure */
  app.themeClass = function (grid) {
    if (app.theme === "grids") {
      return grid.colour;
    }
    const theme = app.data.themes[app.theme];
    const value = app.theme === "walk" ? grid.walk_mean_m : grid.deviation;
    if (value === null) {
      return -1;
    }
    let index = 0;
    while (index < theme.breaks.length && value >= theme.breaks[index]) {
      index += 1;
    }
    return index;
  };

  app.themeColours = function () {
    return app.theme === "grids" ? app.data.themes.palette : app.data.themes[app.theme].colours;
  };

  app.gridColour = function (grid) {
    const index = app.themeClass(grid);
    return index < 0 ? "#dcdcdc" : app.themeColours()[index];
  };

  function grids(data) {
    const groups = {};
    data.gov_grids.forEach(function (grid) {
      const colour = app.gridColour(grid);
      (groups[colour] = groups[colour] || []).push(grid);
    });
    const parts = Object.keys(groups).map(function (colour) {
      return path(area(groups[colour], { fillColor: colour, fillOpacity: 0.88 }));
    });
    return parts;
  }

  function gridLines(data) {
    return [
      path(outline(data.gov_grids, { color: "#51606e" }), function (z) {
        return { weight: ramp(z, [[12, 0.35], [14, 0.8], [16, 1.6], [18, 2.4]]), opacity: ramp(z, [[12, 0.55], [15, 0.85]]) };
      }),
    ];
  }

  const MAKERS = {
    ground: function (data) {
      return [path(area(data.communities, { fillColor: "#faf8f2", fillOpacity: 1 }))];
    },
    sea: function (data) {
      return byKind(data, SEA).concat([
        path(line(data.coast, { color: "#7fa9c2" }), function (z) {
          return { weight: ramp(z, [[12, 0.8], [16, 1.8]]) };
        }),
      ]);
    },
    parks: function (data) {
      return byKind(data, LAND);
    },
    compounds: function (data) {
      return [
        path(
          area(data.compounds, { fillColor: "#e4e0e6", fillOpacity: 0.9, stroke: true, color: "#a9a0b0", dashArray: "4 3" }),
          function (z) {
            return { weight: ramp(z, [[13, 0.4], [16, 1.2]]) };
          },
          12.5
        ),
      ];
    },
    grids: grids,
    roads: roads,
    buildings: function (data) {
      return [
        path(
          area(data.buildings, { fillColor: "#4a4038", stroke: true, color: "#4a4038", opacity: 0.5 }),
          function (z) {
            return { weight: ramp(z, [[14.5, 0], [17, 0.7]]), fillOpacity: ramp(z, [[14.5, 0.2], [16, 0.3]]) };
          },
          14.5
        ),
      ];
    },
    courtyards: courtyards,
    grid_lines: gridLines,
    basic_grids: function (data) {
      return [
        path(outline(data.basic_grids, { color: "#8a5a00", dashArray: "2 3" }), function (z) {
          return { weight: ramp(z, [[12, 0.9], [16, 1.8]]) };
        }),
      ];
    },
    beats: function (data) {
      return border(data.beats, { color: POLICE, dashArray: "7 4" }, function (z) {
        return ramp(z, [[12, 1], [16, 2.2]]);
      });
    },
    communities: function (data) {
      return border(data.communities, { color: "#6b4f7d" }, function (z) {
        return ramp(z, [[12, 0.6], [14, 1.2], [17, 2.4]]);
      });
    },
    subdistricts: function (data) {
      return border(data.subdistricts, { color: INK }, function (z) {
        return ramp(z, [[12, 1.5], [14, 2.4], [17, 3.6]]);
      });
    },
    pairs_basic: function (data) {
      return pairs(data.pairsOf.basic_grids || [], "#8a5a00");
    },
    pairs_gov: function (data) {
      return pairs(data.pairsOf.gov_grids || [], POLICE);
    },
    rooms: rooms,
  };

  /* bottom to top; grid_lines and ground follow other layers */
  const ORDER = [
    "ground", "parks", "sea", "compounds", "grids", "roads", "buildings", "courtyards", "grid_lines",
    "basic_grids", "beats", "communities", "subdistricts", "pairs_basic", "pairs_gov", "rooms",
  ];
  const FOLLOWS = { grid_lines: "grids" };

  const made = {};

  app.isShown = function (id) {
    return app.shown[FOLLOWS[id] || id] !== false;
  };

  /* Bring the canvas into the state that zoom, theme and panel ask for. */
  app.refresh = function () {
    const zoom = app.map.getZoom();
    const onTop = [];
    ORDER.forEach(function (id) {
      const wanted = app.isShown(id);
      if (wanted && !made[id]) {
        made[id] = MAKERS[id](app.data);
      }
      (made[id] || []).forEach(function (part) {
        const visible = wanted && zoom >= part.from;
        if (visible && part.style) {
          const style = part.style(zoom);
          part.path.setStyle(style);
          if (style.radius) {
            part.path.setRadius(style.radius);
          }
        }
        if (visible !== app.map.hasLayer(part.path)) {
          if (visible) {
            part.path.addTo(app.map);
          } else {
            part.path.remove();
          }
        }
        if (visible) {
          onTop.push(part.path);
        }
      });
    });
    onTop.concat(app.marked || []).forEach(function (layer) {
      layer.bringToFront();
    });
  };

  app.setTheme = function (theme) {
    app.theme = theme;
    (made.grids || []).forEach(function (part) {
      part.path.remove();
    });
    delete made.grids;
    app.refresh();
  };

  /* Mark what the card speaks of; lines lead to the police room. */
  app.mark = function (records, links) {
    (app.marked || []).forEach(function (layer) {
      layer.remove();
    });
    app.marked = [];
    const add = function (layer) {
      app.marked.push(layer.addTo(app.map));
    };
    const areas = records.filter(function (record) {
      return !app.isPoint(record) && record.is !== "beat";
    });
    const beats = records.filter(function (record) {
      return record.is === "beat";
    });
    if (beats.length) {
      add(outline(beats, { color: "#ffffff", weight: 6.5, opacity: 0.95 }));
      add(outline(beats, { color: POLICE, weight: 2.6, dashArray: "9 5" }));
    }
    if (areas.length) {
      add(outline(areas, { color: "#ffffff", weight: 6.5, opacity: 0.95 }));
      add(outline(areas, { color: "#c2272d", weight: 2.8 }));
    }
    (links || []).forEach(function (link) {
      add(L.polyline(link, options({ stroke: true, color: "#ffffff", weight: 5, opacity: 0.9 })));
      add(L.polyline(link, options({ stroke: true, color: POLICE, weight: 2.2, dashArray: "1 6", lineCap: "round" })));
      const dot = { stroke: true, fill: true, fillOpacity: 1, weight: 2 };
      add(L.circleMarker(link[0], options(Object.assign({ radius: 4, color: POLICE, fillColor: "#ffffff" }, dot))));
      add(L.circleMarker(link[1], options(Object.assign({ radius: 7, color: "#ffffff", fillColor: POLICE }, dot))));
    });
    records.filter(app.isPoint).forEach(function (record) {
      const ring = { stroke: true, radius: 11, weight: 6, color: "#ffffff" };
      add(L.circleMarker(record.rings[0][0], options(ring)));
      add(L.circleMarker(record.rings[0][0], options(Object.assign({}, ring, { weight: 3, color: "#c2272d" }))));
    });
  };
})(window);
