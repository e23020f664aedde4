/* Search: grids, courtyards, communities, beats by name, code or address; works by keyboard. */
(function (root) {
  "use strict";
  const app = (root.geogridMap = root.geogridMap || {});
  const el = app.el;
  const MOST = 40;

  let index = null;
  let input = null;
  let results = null;
  let hits = [];
  let active = -1;

  /* full-width digits and letters, capitals and spaces make no difference */
  function plain(text) {
    return String(text || "").normalize("NFKC").toLowerCase();
  }

  function entry(record, label, keys, code, note) {
    return { record: record, label: label, keys: keys.map(plain), code: plain(code), note: note };
  }

  function build() {
    const data = app.data;
    const nameOf = function (community) {
      return community ? community.name : "";
    };
    const all = [];
    data.communities.forEach(function (record) {
      all.push(entry(record, record.name, [record.name], record.community_code, function () {
        return app.text("grids_n", { n: (data.gridsOf[record.community_code] || []).length });
      }));
    });
    data.gov_grids.forEach(function (record) {
      const home = nameOf(data.community[record.community_code]);
      const short = app.words.zh.grid_short.replace("{serial}", app.serial(record));
      all.push(entry(record, app.gridName(record), [app.gridName(record), home + short], record.grid_code, function () {
        return app.text("households_n", { n: app.number(record.households) }) + " · " + record.grid_code;
      }));
    });
    data.courtyards.forEach(function (record) {
      const keys = [record.name, record.address];
      all.push(entry(record, app.courtyardName(record), keys, record.courtyard_id, function () {
        const grid = data.grid[record.grid_code];
        return app.text("households_n", { n: app.number(record.households) }) + (grid ? " · " + app.gridName(grid) : "");
      }));
    });
    data.beats.forEach(function (record) {
      const station = data.station[record.station_id];
      const keys = [record.name, station ? station.name : ""];
      all.push(entry(record, record.name || record.beat_id, keys, record.beat_id, function () {
        return station ? station.name : "";
      }));
    });
    data.subdistricts.forEach(function (record) {
      all.push(entry(record, record.name, [record.name], record.subdistrict_code, function () {
        return "";
      }));
    });
    data.stations.forEach(function (record) {
      all.push(entry(record, record.name, [record.name], record.station_id, function () {
        return "";
      }));
    });
    data.compounds.forEach(function (record) {
      if (record.name) {
        all.push(entry(record, record.name, [record.name], "", function () {
          return "";
        }));
      }
    });
    return all;
  }

  const RANK = { subdistrict: 0, community: 1, grid: 2, station: 3, beat: 4, courtyard: 5, compound: 6 };

  /* 0 equal, 1 begins with, 2 ends with, 3 contains all the words, 9 not at all;
     of codes only three signs and more mean anything */
  function match(item, text, words) {
    let best = 9;
    item.keys.forEach(function (key) {
      if (key === text) {
        best = Math.min(best, 0);
      } else if (key.indexOf(text) === 0) {
        best = Math.min(best, 1);
      } else if (key.length > text.length && key.slice(-text.length) === text) {
        best = Math.min(best, 2);
      }
    });
    if (item.code === text) {
      return 0;
    }
    const whole = item.keys.join(" ");
    const all = words.every(function (word) {
      return whole.indexOf(word) >= 0 || (word.length > 2 && item.code.indexOf(word) >= 0);
    });
    return all ? Math.min(best, 3) : 9;
  }

  app.search = function (typed) {
    const text = plain(typed).trim();
    if (!text) {
      return [];
    }
    index = index || build();
    const words = text.split(/\s+/);
    return index
      .map(function (item) {
        return { item: item, score: match(item, text, words) };
      })
      .filter(function (hit) {
        return hit.score < 9;
      })
      .sort(function (a, b) {
        const rank = RANK[a.item.record.is] - RANK[b.item.record.is];
        return a.score - b.score || rank || a.item.label.length - b.item.label.length || (a.item.label < b.item.label ? -1 : 1);
      })
      .map(function (hit) {
        return hit.item;
      });
  };

  function choose(item) {
    hide();
    input.blur();
    app.open(item.record, { zoom: true });
  }

  function hide() {
    results.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
  }

  function activate(to) {
    const rows = results.querySelectorAll(".gg-hit");
    if (!rows.length) {
      return;
    }
    active = (to + rows.length) % rows.length;
    rows.forEach(function (row, i) {
      row.setAttribute("aria-selected", String(i === active));
    });
    rows[active].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", rows[active].id);
  }

  function show() {
    const found = app.search(input.value);
    hits = found.slice(0, MOST);
    app.clear(results);
    if (!input.value.trim()) {
      hide();
      return;
    }
    hits.forEach(function (item, i) {
      const row = el("li", "gg-hit");
      row.id = "gg-hit-" + i;
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", "false");
      row.appendChild(el("span", "gg-hit-kind gg-kind-" + item.record.is, app.text("kind_" + item.record.is)));
      const words = el("span", "gg-hit-words");
      words.appendChild(el("span", "gg-hit-name", item.label));
      words.appendChild(el("small", "", item.note()));
      row.appendChild(words);
      row.addEventListener("mousedown", function (event) {
        // the box must not lose the focus before the click arrives
        event.preventDefault();
      });
      row.addEventListener("click", function () {
        choose(item);
      });
      results.appendChild(row);
    });
    const rest = found.length - hits.length;
    const note = found.length === 0 ? app.text("search_none", { text: input.value }) : rest ? app.text("search_more", { n: rest }) : "";
    if (note) {
      const line = el("li", "gg-search-note", note);
      results.appendChild(line);
    }
    results.hidden = false;
    input.setAttribute("aria-expanded", "true");
    if (hits.length) {
      activate(0);
    }
  }

  function onKey(event) {
    if (event.isComposing) {
      return;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      activate(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && hits.length && !results.hidden) {
      event.preventDefault();
      choose(hits[Math.max(active, 0)]);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      hide();
      input.blur();
    }
  }

  app.searchBox = function () {
    const box = el("div", "gg-search");
    input = el("input");
    input.type = "search";
    input.autocomplete = "off";
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-controls", "gg-results");
    input.setAttribute("aria-expanded", "false");
    input.addEventListener("input", show);
    input.addEventListener("focus", show);
    input.addEventListener("blur", hide);
    input.addEventListener("keydown", onKey);
    results = el("ul", "gg-results");
    results.id = "gg-results";
    results.hidden = true;
    results.setAttribute("role", "listbox");
    box.appendChild(el("span", "gg-lens"));
    box.appendChild(input);
    box.appendChild(results);
    return box;
  };

  app.redrawSearch = function () {
    index = null;
    input.placeholder = app.text("search");
    input.setAttribute("aria-label", app.text("search"));
  };

  app.focusSearch = function () {
    input.focus();
    input.select();
  };
})(window);
