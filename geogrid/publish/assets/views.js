/* What is known of one place, in plain words: a list of parts for each kind of record. */
(function (root) {
  "use strict";
  const app = (root.geogridMap = root.geogridMap || {});
  const el = app.el;

  function heading(kind, title, colour) {
    const head = el("header", "gg-card-head");
    const line = el("div", "gg-card-kind");
    if (colour) {
      const swatch = el("span", "gg-swatch");
      swatch.style.background = colour;
      line.appendChild(swatch);
    }
    line.appendChild(el("span", "", app.text("kind_" + kind)));
    head.appendChild(line);
    head.appendChild(el("h2", "gg-card-title", title));
    return head;
  }

  function facts(pairs) {
    const list = el("dl", "gg-facts");
    pairs.forEach(function (pair) {
      if (pair && pair[1] !== null && pair[1] !== undefined && pair[1] !== "") {
        list.appendChild(el("dt", "", app.text(pair[0])));
        const cell = el("dd");
        if (pair[1] instanceof Node) {
          cell.appendChild(pair[1]);
        } else {
          cell.textContent = pair[1];
        }
        list.appendChild(cell);
      }
    });
    return list;
  }

  function figures(pairs) {
    const row = el("div", "gg-figures");
    pairs.forEach(function (pair) {
      const item = el("div", "gg-figure");
      item.appendChild(el("strong", "", pair[0]));
      item.appendChild(el("span", "", pair[1]));
      row.appendChild(item);
    });
    return row;
  }

  function link(text, record) {
    return app.button("gg-link", text, function () {
      app.open(record, { zoom: true, keep: true });
    });
  }

  function places(record) {
    const community = app.data.community[record.community_code];
    const parent = community ? app.data.subdistrict[community.subdistrict_code] : null;
    return [
      ["subdistrict", parent ? link(parent.name, parent) : null],
      ["community", community ? link(community.name, community) : null],
    ];
  }

  function list(title, records, name, figure, mark) {
    const part = el("section", "gg-list");
    const head = el("h3", "", app.text(title));
    head.appendChild(el("span", "gg-count", records.length));
    part.appendChild(head);
    const rows = el("ul");
    records.forEach(function (record) {
      const row = el("li");
      const button = link("", record);
      button.className = "gg-row";
      const label = el("span", "gg-row-name", name(record));
      if (mark && mark(record)) {
        const note = el("span", "gg-tag", app.text("centre"));
        note.title = app.text("centre_title");
        label.appendChild(note);
      }
      button.appendChild(label);
      button.appendChild(el("span", "gg-row-figure", figure(record)));
      row.appendChild(button);
      rows.appendChild(row);
    });
    part.appendChild(rows);
    return part;
  }

  function householdsOf(record) {
    return record.households === null ? "" : app.text("households_n", { n: app.number(record.households) });
  }

  function grade(share) {
    const size = Math.abs(share);
    if (size < 0.05) {
      return "grade_even";
    }
    const step = size < 0.15 ? 1 : size < 0.3 ? 2 : 3;
    return (share > 0 ? "grade_more_" : "grade_less_") + step;
  }

  app.deviationSentence = function (grid) {
    const target = app.data.about.target;
    const more = grid.households - target;
    const values = {
      target: app.number(target),
      n: app.number(Math.abs(more)),
      pct: app.percent(grid.deviation),
      grade: app.text(grade(grid.deviation)),
    };
    if (Math.round(more) === 0) {
      return app.text("deviation_same", values);
    }
    return app.text(more > 0 ? "deviation_more" : "deviation_less", values);
  };

  /* a rule from -50 % to +50 % with the target in its middle */
  function deviationBar(grid) {
    const part = el("section", "gg-deviation");
    const track = el("div", "gg-track");
    const at = 50 + Math.max(-50, Math.min(50, grid.deviation * 100));
    const bar = el("span", "gg-bar");
    bar.style.left = Math.min(50, at) + "%";
    bar.style.width = Math.abs(at - 50) + "%";
    bar.style.background = Math.abs(grid.deviation) < 0.05 ? "#7d8c99" : grid.deviation > 0 ? "#d08a3e" : "#5b96c4";
    const knob = el("span", "gg-knob");
    knob.style.left = at + "%";
    track.appendChild(bar);
    track.appendChild(el("span", "gg-zero"));
    track.appendChild(knob);
    part.appendChild(track);
    const scale = el("div", "gg-track-scale");
    ["−50%", app.text("target"), "+50%"].forEach(function (text) {
      scale.appendChild(el("span", "", text));
    });
    part.appendChild(scale);
    part.appendChild(el("p", "gg-sentence", app.deviationSentence(grid)));
    return part;
  }

  function walkText(grid) {
    if (grid.walk_mean_m === null) {
      return null;
    }
    if (grid.n_courtyards === 1) {
      return app.text("walk_one");
    }
    const metres = function (value) {
      return app.text("metres", { n: app.number(value) });
    };
    return app.text("walk_text", { mean: metres(grid.walk_mean_m), max: metres(grid.walk_max_m) });
  }

  function beatText(grid) {
    const beat = app.data.beat[grid.beat_id];
    if (!beat) {
      return el("span", "gg-missing", app.text("unpaired"));
    }
    const cell = el("div");
    cell.appendChild(link(beat.name || beat.beat_id, beat));
    if (grid.room_m !== null && grid.room_m !== undefined) {
      const away = app.text("metres", { n: app.number(grid.room_m) });
      cell.appendChild(el("small", "", app.text("room_distance", { n: away })));
    }
    return cell;
  }

  app.views = {
    grid: function (grid) {
      const yards = (app.data.courtyardsOf[grid.grid_code] || []).slice().sort(function (a, b) {
        return b.households - a.households;
      });
      const parts = [
        heading("grid", app.gridName(grid), app.gridColour(grid)),
        figures([
          [app.number(grid.households), app.text("households")],
          [app.number(yards.length), app.text("courtyards")],
        ]),
      ];
      if (grid.deviation !== null) {
        parts.push(deviationBar(grid));
      }
      parts.push(
        facts(
          [["lead_beat", beatText(grid)], ["walk", walkText(grid)]]
            .concat(places(grid))
            .concat([["code", el("code", "", grid.grid_code)]])
        )
      );
      parts.push(
        list("list_courtyards", yards, app.courtyardName, householdsOf, function (yard) {
          return yards.length > 1 && yard.courtyard_id === grid.medoid_id;
        })
      );
      return parts;
    },

    courtyard: function (yard) {
      const grid = app.data.grid[yard.grid_code];
      const built = function (year) {
        return year === null ? null : app.text("year", { n: year });
      };
      const sizes = [["n_buildings", "buildings_text"], ["n_entrances", "entrances_text"]]
        .filter(function (pair) {
          return yard[pair[0]] !== null;
        })
        .map(function (pair) {
          return app.text(pair[1], { n: yard[pair[0]] });
        });
      const source = yard.households_source ? app.text("source_" + yard.households_source) : "";
      const parts = [
        heading("courtyard", app.courtyardName(yard)),
        figures([[app.number(yard.households), app.text("households") + (source ? " · " + source : "")]]),
        facts(
          [
            ["its_grid", grid ? link(app.gridName(grid), grid) : null],
            ["address", yard.address],
            ["buildings", sizes.join(" · ")],
            ["year_built", built(yard.year_built)],
            ["renovated", yard.renovated_year === null ? app.text("not_renovated") : built(yard.renovated_year)],
            ["property", yard.property_service ? app.text("property_" + yard.property_service) : null],
            ["committee", yard.committee ? app.text("committee_" + yard.committee) : null],
          ].concat(places(yard))
        ),
      ];
      return parts;
    },

    community: function (community) {
      const grids = app.data.gridsOf[community.community_code] || [];
      const parent = app.data.subdistrict[community.subdistrict_code];
      return [
        heading("community", community.name),
        figures([
          [app.number(sum(grids, "households")), app.text("households")],
          [app.number(sum(grids, "n_courtyards")), app.text("courtyards")],
          [app.number(grids.length), app.text("theme_grids")],
        ]),
        facts([
          ["subdistrict", parent ? link(parent.name, parent) : null],
          ["code", el("code", "", community.community_code)],
        ]),
        list("list_grids", grids, app.gridName, householdsOf),
      ];
    },

    subdistrict: function (subdistrict) {
      const communities = app.data.communitiesOf[subdistrict.subdistrict_code] || [];
      const gridsIn = function (community) {
        return app.data.gridsOf[community.community_code] || [];
      };
      const grids = [].concat.apply([], communities.map(gridsIn));
      return [
        heading("subdistrict", subdistrict.name),
        figures([
          [app.number(sum(grids, "households")), app.text("households")],
          [app.number(sum(grids, "n_courtyards")), app.text("courtyards")],
          [app.number(grids.length), app.text("theme_grids")],
        ]),
        facts([["code", el("code", "", subdistrict.subdistrict_code)]]),
        list(
          "kind_community",
          communities,
          function (community) {
            return community.name;
          },
          function (community) {
            return app.text("grids_n", { n: gridsIn(community).length });
          }
        ),
      ];
    },

    beat: function (beat) {
      const grids = app.data.gridsOfBeat[beat.beat_id] || [];
      const station = app.data.station[beat.station_id];
      return [
        heading("beat", beat.name || beat.beat_id),
        figures([
          [app.number(grids.length), app.text("theme_grids")],
          [app.number(sum(grids, "households")), app.text("households")],
        ]),
        facts([["its_station", station ? link(station.name, station) : null]]),
        list("list_grids", grids, app.gridName, householdsOf),
      ];
    },

    station: function (station) {
      const beats = app.data.beatsOf[station.station_id] || [];
      return [
        heading("station", station.name),
        list(
          "list_beats",
          beats,
          function (beat) {
            return beat.name || beat.beat_id;
          },
          function (beat) {
            return app.text("grids_n", { n: (app.data.gridsOfBeat[beat.beat_id] || []).length });
          }
        ),
      ];
    },

    compound: function (compound) {
      return [
        heading("compound", compound.name || app.text("unnamed")),
        figures([[app.number(compound.households), app.text("households")]]),
        facts(places(compound)),
        el("p", "gg-sentence", app.text("compound_note")),
      ];
    },

    basic: function (grid) {
      return [
        heading("basic", grid.name || grid.grid_code),
        figures([[app.number(grid.households), app.text("households")]]),
        facts(places(grid).concat([["code", el("code", "", grid.grid_code)]])),
      ];
    },
  };

  function sum(records, key) {
    return records.reduce(function (total, record) {
      return total + (record[key] || 0);
    }, 0);
  }
})(window);
