/* Labels: drawn on a canvas with a halo, most important first, none over another. */
(function (root) {
  "use strict";
  const app = (root.geogridMap = root.geogridMap || {});

  const FONT = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","WenQuanYi Micro Hei",sans-serif';
  const PAD = 120;
  // where a name may step aside to: shares of its width and of its height
  const MOVES = [[0, 0], [0, -1], [0, 1], [0.4, 0], [-0.4, 0], [0, -1.8], [0, 1.8], [0.4, -1], [-0.4, 1], [-0.4, -1], [0.4, 1]];

  /* Boxes already taken, in a coarse raster so that asking stays cheap. */
  function Room() {
    const cells = {};
    const each = function (box, use) {
      for (let x = Math.floor(box[0] / 64); x <= Math.floor(box[2] / 64); x++) {
        for (let y = Math.floor(box[1] / 64); y <= Math.floor(box[3] / 64); y++) {
          if (use(x + ":" + y)) {
            return true;
          }
        }
      }
      return false;
    };
    return {
      free: function (box) {
        return !each(box, function (key) {
          return (cells[key] || []).some(function (other) {
            return box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3];
          });
        });
      },
      take: function (box) {
        each(box, function (key) {
          (cells[key] = cells[key] || []).push(box);
          return false;
        });
      },
    };
  }

  function candidates(zoom) {
    const data = app.data;
    const found = [];
    const add = function (list, style, lines) {
      list.forEach(function (record) {
        if (record.rings.length) {
          found.push({ at: app.middle(record), lines: lines(record), style: style, below: app.isPoint(record) ? 13 : 0 });
        }
      });
    };
    const name = function (record) {
      return [record.name];
    };
    if (app.isShown("stations") && zoom >= 12.75) {
      found.push.apply(found, data.stations.map(function (station) {
        return { at: app.middle(station), badge: true, lines: zoom >= 14.5 ? [station.name] : [] };
      }));
    }
    if (!app.isShown("labels")) {
      return found;
    }
    if (app.isShown("subdistricts") && zoom < 14.75) {
      const size = Math.round(app.ramp(zoom, [[11, 11], [13, 15], [14.5, 19]]));
      const suffix = app.text("subdistrict_suffix");
      add(data.subdistricts, { size: size, weight: 700, ink: "#24384a", halo: 4, moves: true }, function (subdistrict) {
        const said = subdistrict.name;
        const short = zoom < 13 && said.length > suffix.length + 1 && said.slice(-suffix.length) === suffix;
        return [short ? said.slice(0, -suffix.length) : said];
      });
    }
    if (app.isShown("communities") && zoom >= (data.subdistricts.length ? 13.75 : 12) && zoom < 17) {
      add(data.communities, { size: zoom < 15 ? 13 : 15, weight: 600, ink: "#5c3f70", halo: 3.5, moves: true }, name);
    }
    if (app.isShown("sea") && zoom < 16) {
      add(kinds(["sea"]), { size: 15, weight: 400, ink: "#5b8aa6", halo: 0, slant: true }, name);
    }
    if (app.isShown("grids") && zoom >= 14.75) {
      const more = zoom >= 16;
      add(data.gov_grids, { size: more ? 17 : 13, weight: 700, ink: "#1f2d3a", halo: 3.5 }, function (grid) {
        const serial = String(app.serial(grid));
        return more ? [serial, figure(grid)] : [serial];
      });
    }
    if (app.isShown("parks") && zoom >= 14) {
      add(kinds(["park", "hill", "beach"]), { size: 12, weight: 400, ink: "#4f7442", halo: 3 }, name);
    }
    if (app.isShown("basic_grids") && app.shown.basic_grids && zoom >= 16) {
      add(data.basic_grids, { size: 11, weight: 600, ink: "#8a5a00", halo: 3 }, function (grid) {
        return [grid.grid_code.slice(-3)];
      });
    }
    if (app.shown.beats && zoom >= 14) {
      add(data.beats, { size: 12, weight: 600, ink: "#1d4e89", halo: 3.5 }, name);
    }
    if (app.isShown("compounds") && zoom >= 16) {
      add(data.compounds.filter(named), { size: 11, weight: 400, ink: "#6d6376", halo: 3 }, name);
    }
    if (app.isShown("courtyards") && zoom >= 17) {
      add(data.courtyards, { size: 11, weight: 400, ink: "#4a4038", halo: 3 }, function (yard) {
        return [app.courtyardName(yard)];
      });
    }
    return found;
  }

  /* what the theme is about, in figures */
  function figure(grid) {
    if (app.theme === "deviation" && grid.deviation !== null) {
      return app.percent(grid.deviation, 0);
    }
    if (app.theme === "walk" && grid.walk_mean_m !== null) {
      return app.text("metres", { n: app.number(grid.walk_mean_m) });
    }
    return app.text("households_n", { n: app.number(grid.households) });
  }

  function named(record) {
    return Boolean(record.name);
  }

  function kinds(wanted) {
    return app.data.landscape.filter(function (record) {
      return wanted.indexOf(record.kind) >= 0 && record.name;
    });
  }

  function drawBadge(pen, x, y, zoom) {
    const half = app.ramp(zoom, [[12, 6.5], [15, 9.5], [18, 12]]);
    pen.fillStyle = "#ffffff";
    pen.beginPath();
    pen.arc(x, y, half + 1.6, 0, 2 * Math.PI);
    pen.fill();
    pen.fillStyle = "#1d4e89";
    pen.beginPath();
    pen.arc(x, y, half, 0, 2 * Math.PI);
    pen.fill();
    pen.fillStyle = "#ffffff";
    pen.font = "700 " + Math.round(half * 1.2) + "px " + FONT;
    pen.fillText("警", x, y + 0.5);
    return [x - half - 2, y - half - 2, x + half + 2, y + half + 2];
  }

  function write(pen, text, x, y, style) {
    if (style.halo) {
      pen.lineWidth = style.halo;
      pen.strokeStyle = "rgba(255,255,255,0.9)";
      pen.strokeText(text, x, y);
    }
    pen.fillStyle = style.ink;
    pen.fillText(text, x, y);
  }

  function place(pen, room, label, x, y, zoom) {
    const style = label.style || { size: 12, weight: 600, ink: "#1d4e89", halo: 3.5 };
    // the name of a dot stands under it
    let below = label.below || 0;
    if (label.badge) {
      const box = drawBadge(pen, x, y, zoom);
      room.take(box);
      below = box[3] - y + 8;
      if (!label.lines.length) {
        return;
      }
    }
    const lineHeight = style.size * 1.15;
    let width = 0;
    label.lines.forEach(function (text, i) {
      pen.font = font(style, i);
      width = Math.max(width, pen.measureText(text).width);
    });
    const height = lineHeight * label.lines.length;
    // a name may step aside, a number may not
    const steps = style.moves ? MOVES : [[0, 0]];
    const free = steps
      .map(function (step) {
        const left = x + step[0] * width - width / 2;
        const top = y + step[1] * height - height / 2 + below;
        return [left - 3, top - 1, left + width + 3, top + height + 1];
      })
      .find(room.free);
    if (!free) {
      return;
    }
    room.take(free);
    const middle = (free[0] + free[2]) / 2;
    label.lines.forEach(function (text, i) {
      pen.font = font(style, i);
      const said = i ? Object.assign({}, style, { ink: "#4d5b68" }) : style;
      write(pen, text, middle, free[1] + 1 + lineHeight * (i + 0.5), said);
    });
  }

  function font(style, lineNumber) {
    const size = lineNumber ? Math.round(style.size * 0.68) : style.size;
    return (style.slant ? "italic " : "") + (lineNumber ? 400 : style.weight) + " " + size + "px " + FONT;
  }

  /* Road names run along the longest straight piece that holds them. */
  function drawRoads(pen, room, toPixel, view, zoom) {
    if (!app.isShown("roads") || !app.isShown("labels") || zoom < 15) {
      return;
    }
    const style = { size: zoom >= 17 ? 13 : 11, weight: 400, ink: "#6b5f4d", halo: 3 };
    pen.font = font(style, 0);
    const placed = {};
    const pieces = [];
    app.data.roads.forEach(function (road) {
      if (!road.name || road.kind === "path" || (road.kind === "lane" && zoom < 16)) {
        return;
      }
      const box = road.box;
      if (box[0] > view[2] || box[2] < view[0] || box[1] > view[3] || box[3] < view[1]) {
        return;
      }
      road.rings.forEach(function (points) {
        pieces.push(straightest(points.map(toPixel), road));
      });
    });
    pieces.sort(function (a, b) {
      return b.length - a.length;
    });
    pieces.forEach(function (piece) {
      const width = pen.measureText(piece.road.name).width;
      if (piece.length < width * 0.85) {
        return;
      }
      const near = (placed[piece.road.name] || []).some(function (spot) {
        return Math.hypot(spot[0] - piece.x, spot[1] - piece.y) < 320;
      });
      if (near) {
        return;
      }
      const w = Math.abs(Math.cos(piece.angle)) * width / 2 + 7;
      const h = Math.abs(Math.sin(piece.angle)) * width / 2 + 7;
      const box = [piece.x - w, piece.y - h, piece.x + w, piece.y + h];
      if (!room.free(box)) {
        return;
      }
      room.take(box);
      (placed[piece.road.name] = placed[piece.road.name] || []).push([piece.x, piece.y]);
      pen.save();
      pen.translate(piece.x, piece.y);
      pen.rotate(piece.angle);
      write(pen, piece.road.name, 0, 0, style);
      pen.restore();
    });
  }

  function straightest(points, road) {
    let best = { length: 0, x: 0, y: 0, angle: 0, road: road };
    for (let i = 0; i < points.length - 1; i++) {
      // walk on while the line stays nearly straight
      let j = i + 1;
      const heading = Math.atan2(points[j].y - points[i].y, points[j].x - points[i].x);
      while (j + 1 < points.length) {
        const turn = Math.atan2(points[j + 1].y - points[j].y, points[j + 1].x - points[j].x) - heading;
        if (Math.abs(Math.atan2(Math.sin(turn), Math.cos(turn))) > 0.2) {
          break;
        }
        j += 1;
      }
      const dx = points[j].x - points[i].x;
      const dy = points[j].y - points[i].y;
      const length = Math.hypot(dx, dy);
      if (length > best.length) {
        let angle = Math.atan2(dy, dx);
        if (angle > Math.PI / 2 || angle <= -Math.PI / 2) {
          angle += Math.PI;
        }
        best = { length: length, x: points[i].x + dx / 2, y: points[i].y + dy / 2, angle: angle, road: road };
      }
    }
    return best;
  }

  app.Labels = L.Layer.extend({
    onAdd: function (map) {
      const pane = map.createPane("names");
      pane.style.zIndex = 450;
      pane.style.pointerEvents = "none";
      this._canvas = L.DomUtil.create("canvas", "gg-labels leaflet-zoom-hide", pane);
      map.on("moveend zoomend viewreset resize", this.draw, this);
      this.draw();
    },

    draw: function () {
      if (this._waiting) {
        return;
      }
      this._waiting = L.Util.requestAnimFrame(function () {
        this._waiting = null;
        this.drawNow();
      }, this);
    },

    drawNow: function () {
      const map = app.map;
      const size = map.getSize();
      const zoom = map.getZoom();
      const canvas = this._canvas;
      const dots = app.printing ? 2 : Math.min(root.devicePixelRatio || 1, 2.5);
      const width = size.x + 2 * PAD;
      const height = size.y + 2 * PAD;
      canvas.width = Math.round(width * dots);
      canvas.height = Math.round(height * dots);
      canvas.style.width = width + "px";
      canvas.style.height = height + "px";
      L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([-PAD, -PAD]));
      const pen = canvas.getContext("2d");
      pen.setTransform(dots, 0, 0, dots, 0, 0);
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.lineJoin = "round";
      const toPixel = function (place) {
        const at = map.latLngToContainerPoint(place);
        return { x: at.x + PAD, y: at.y + PAD };
      };
      const corner = map.containerPointToLatLng([-PAD, size.y + PAD]);
      const other = map.containerPointToLatLng([size.x + PAD, -PAD]);
      const view = [corner.lat, corner.lng, other.lat, other.lng];
      const room = Room();
      candidates(zoom).forEach(function (label) {
        const at = label.at;
        if (at[0] < view[0] || at[0] > view[2] || at[1] < view[1] || at[1] > view[3]) {
          return;
        }
        const pixel = toPixel(at);
        place(pen, room, label, pixel.x, pixel.y, zoom);
      });
      drawRoads(pen, room, toPixel, view, zoom);
    },
  });
})(window);
