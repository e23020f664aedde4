/* Title, language, layers, themes with their legend, and the small furniture of a map. */
(function (root) {
  "use strict";
  const app = (root.geogridMap = root.geogridMap || {});
  const el = app.el;

  const GROUPS = [
    ["group_grids", ["grids", "courtyards", "basic_grids"]],
    ["group_police", ["stations", "rooms", "beats", "pairs_gov", "pairs_basic"]],
    ["group_admin", ["subdistricts", "communities"]],
    ["group_base", ["roads", "buildings", "compounds", "parks", "sea", "labels"]],
  ];
  const OFF = ["basic_grids", "beats", "rooms", "pairs_gov", "pairs_basic"];
  const APPEARS = { courtyards: 15, buildings: 14.5 };

  app.shown = {};
  OFF.forEach(function (id) {
    app.shown[id] = false;
  });

  function isEmpty(id) {
    const data = app.data;
    const kinds = { sea: ["sea", "water"], parks: ["park", "hill", "beach", "other"] };
    if (id === "labels" || id === "grids") {
      return false;
    }
    if (id === "pairs_gov") {
      return !data.pairsOf.gov_grids;
    }
    if (id === "pairs_basic") {
      return !data.pairsOf.basic_grids;
    }
    if (kinds[id]) {
      const some = data.landscape.some(function (record) {
        return kinds[id].indexOf(record.kind) >= 0;
      });
      return !some && !(id === "sea" && data.coast.length);
    }
    return data[id].length === 0;
  }

  function layerRow(id) {
    const row = el("label", "gg-layer");
    const box = el("input");
    box.type = "checkbox";
    box.checked = app.isShown(id);
    box.setAttribute("data-layer", id);
    box.addEventListener("change", function () {
      app.shown[id] = box.checked;
      row.classList.toggle("gg-off", !box.checked);
      app.refresh();
      app.labels.draw();
    });
    row.classList.toggle("gg-off", !box.checked);
    row.appendChild(box);
    row.appendChild(el("span", "gg-sign gg-sign-" + id.replace("_", "-"), id === "stations" ? "警" : id === "labels" ? "文" : ""));
    row.appendChild(el("span", "gg-layer-name", app.text("layer_" + id)));
    if (APPEARS[id]) {
      row.appendChild(el("small", "gg-hint", app.text("zoom_for")));
      row.setAttribute("data-from", APPEARS[id]);
    }
    return row;
  }

  app.hints = function () {
    const zoom = app.map.getZoom();
    app.root.querySelectorAll(".gg-layer[data-from]").forEach(function (row) {
      row.classList.toggle("gg-too-far", zoom < Number(row.getAttribute("data-from")));
    });
  };

  function themeSwitch() {
    const row = el("div", "gg-themes");
    row.setAttribute("role", "radiogroup");
    ["grids", "deviation", "walk"].forEach(function (theme) {
      const button = app.button("gg-theme", app.text("theme_" + theme), function () {
        app.setTheme(theme);
        app.redraw();
      });
      button.setAttribute("role", "radio");
      button.setAttribute("data-theme", theme);
      button.setAttribute("aria-checked", String(app.theme === theme));
      row.appendChild(button);
    });
    return row;
  }

  function limit(value) {
    return app.theme === "deviation" ? app.percent(value, 0) : app.text("metres", { n: app.number(value) });
  }

  function className(breaks, i) {
    if (i === 0) {
      return app.text("below", { a: limit(breaks[0]) });
    }
    if (i === breaks.length) {
      return app.text("above", { a: limit(breaks[i - 1]) });
    }
    return app.text("between", { a: limit(breaks[i - 1]), b: limit(breaks[i]) });
  }

  /* the legend of the theme, with the number of grids in each class */
  function legend() {
    const part = el("div", "gg-legend");
    if (app.theme === "grids") {
      const strip = el("div", "gg-strip");
      app.data.themes.palette.slice(0, 7).forEach(function (colour) {
        const swatch = el("span");
        swatch.style.background = colour;
        strip.appendChild(swatch);
      });
      part.appendChild(strip);
    }
    const values = { target: app.number(app.data.about.target) };
    part.appendChild(el("p", "gg-note", app.text("theme_" + app.theme + "_note", values)));
    if (app.theme === "grids") {
      return part;
    }
    const theme = app.data.themes[app.theme];
    const counts = theme.colours.map(function () {
      return 0;
    });
    let unknown = 0;
    app.data.gov_grids.forEach(function (grid) {
      const index = app.themeClass(grid);
      if (index < 0) {
        unknown += 1;
      } else {
        counts[index] += 1;
      }
    });
    const line = function (colour, text, count) {
      const row = el("div", "gg-class");
      const swatch = el("span", "gg-swatch");
      swatch.style.background = colour;
      row.appendChild(swatch);
      row.appendChild(el("span", "gg-class-name", text));
      row.appendChild(el("span", "gg-class-count", app.text("n_grids", { n: count })));
      part.appendChild(row);
    };
    theme.colours.forEach(function (colour, i) {
      line(colour, theme.breaks.length ? className(theme.breaks, i) : app.text("unknown"), counts[i]);
    });
    if (unknown) {
      line("#dcdcdc", app.text("unknown"), unknown);
    }
    return part;
  }

  /* the legend in one line, for small screens whose panel is shut */
  function fillKey(key) {
    app.clear(key);
    const theme = app.theme === "grids" ? null : app.data.themes[app.theme];
    key.hidden = !theme || theme.breaks.length === 0;
    if (key.hidden) {
      return;
    }
    key.appendChild(el("span", "gg-key-name", app.text("theme_" + app.theme)));
    key.appendChild(el("span", "", "< " + limit(theme.breaks[0])));
    const strip = el("span", "gg-strip");
    theme.colours.forEach(function (colour) {
      const swatch = el("span");
      swatch.style.background = colour;
      strip.appendChild(swatch);
    });
    key.appendChild(strip);
    key.appendChild(el("span", "", "≥ " + limit(theme.breaks[theme.breaks.length - 1])));
  }

  function fillPanel(panel) {
    app.clear(panel);
    const head = el("div", "gg-panel-head");
    head.appendChild(el("h2", "", app.text("theme")));
    const close = app.button("gg-close", "×", function () {
      app.root.classList.remove("gg-panel-open");
      app.root.classList.add("gg-panel-shut");
    });
    close.setAttribute("aria-label", app.text("close"));
    close.title = app.text("close");
    head.appendChild(close);
    panel.appendChild(head);
    const body = el("div", "gg-panel-body");
    body.appendChild(themeSwitch());
    body.appendChild(el("p", "gg-theme-name", app.text("theme_" + app.theme)));
    body.appendChild(legend());
    const layers = el("div", "gg-layers");
    layers.appendChild(el("h2", "", app.text("layers")));
    GROUPS.forEach(function (group) {
      const ids = group[1].filter(function (id) {
        return !isEmpty(id);
      });
      if (ids.length) {
        layers.appendChild(el("h3", "", app.text(group[0])));
        ids.forEach(function (id) {
          layers.appendChild(layerRow(id));
        });
      }
    });
    body.appendChild(layers);
    panel.appendChild(body);
  }

  function fillTitle(box) {
    const about = app.data.about;
    app.clear(box);
    const row = el("div", "gg-title-row");
    row.appendChild(el("h1", "", app.text("title", { name: about.name }).trim()));
    const language = app.button("gg-language", app.text("language"), function () {
      app.language = app.language === "zh" ? "en" : "zh";
      app.redraw();
    });
    language.title = app.text("language_title");
    row.appendChild(language);
    box.appendChild(row);
    const counts = { courtyards: app.number(about.n_courtyards), grids: app.number(about.n_grids) };
    const plan = el("p", "gg-plan", app.text("figures", counts));
    if (about.created) {
      plan.appendChild(el("span", "gg-date", app.text("date", { date: about.created })));
    }
    box.appendChild(plan);
    const more = [app.text("figures_more", { households: app.number(about.households), target: app.number(about.target) })];
    if (about.walk_m !== null) {
      more.push(app.text("figures_walk", { walk: app.number(about.walk_m) }));
    }
    box.appendChild(el("p", "gg-plan-more", more.join(" · ")));
    const marks = el("div", "gg-marks");
    if (about.status) {
      const gap = { gap: about.gap === null ? "–" : (about.gap * 100).toFixed(2) + "%" };
      const status = el("span", "gg-mark gg-status-" + about.status, app.text("status_" + about.status, gap));
      status.title = app.text("status_" + about.status + "_why", gap);
      marks.appendChild(status);
    }
    marks.appendChild(el("span", "gg-mark gg-internal", app.text("internal")));
    if (about.estimated) {
      marks.appendChild(el("span", "gg-mark gg-synthetic", app.text("estimated")));
    }
    if (about.synthetic) {
      marks.appendChild(el("span", "gg-mark gg-synthetic", app.text("synthetic")));
    }
    box.appendChild(marks);
  }

  function fillFoot(foot) {
    const about = app.data.about;
    app.clear(foot);
    const parts = [];
    if (about.attribution) {
      parts.push(app.text("attribution", { text: about.attribution }));
    }
    if (about.version) {
      parts.push(app.text("made_by", { version: about.version }));
    }
    parts.push("Leaflet");
    foot.textContent = parts.join(" · ");
  }

  function fillNorth(north) {
    app.clear(north);
    north.appendChild(el("span", "gg-needle"));
    north.appendChild(el("span", "", app.text("north")));
  }

  function fillTools(tools) {
    app.clear(tools);
    const tool = function (name, sign, act) {
      const button = app.button("gg-tool gg-tool-" + name, sign, act);
      button.title = app.text(name);
      button.setAttribute("aria-label", app.text(name));
      tools.appendChild(button);
    };
    tool("zoom_in", "+", function () {
      app.map.zoomIn(1);
    });
    tool("zoom_out", "−", function () {
      app.map.zoomOut(1);
    });
    tool("home", "⌂", function () {
      app.home(true);
    });
    tool("print", app.text("print"), function () {
      root.print();
    });
  }

  /* Build all boxes once; `app.redraw` fills them again in another language. */
  app.build = function () {
    const holder = app.root;
    const boxes = {
      title: el("header", "gg-title"),
      panel: el("aside", "gg-panel gg-box"),
      foot: el("footer", "gg-foot"),
      north: el("div", "gg-north"),
      tools: el("div", "gg-tools"),
      key: el("div", "gg-key"),
    };
    const left = el("div", "gg-left");
    const top = el("div", "gg-top gg-box");
    top.appendChild(boxes.title);
    const opener = app.button("gg-opener", "", function () {
      holder.classList.remove("gg-panel-shut");
      holder.classList.toggle("gg-panel-open");
    });
    const finder = el("div", "gg-finder");
    finder.appendChild(app.searchBox());
    finder.appendChild(opener);
    top.appendChild(finder);
    left.appendChild(top);
    left.appendChild(app.card());
    holder.appendChild(left);
    ["panel", "foot", "north", "tools", "key"].forEach(function (name) {
      holder.appendChild(boxes[name]);
    });
    [left, boxes.panel, boxes.tools].forEach(function (box) {
      L.DomEvent.disableClickPropagation(box);
      // Leaflet asks the clicked node's parents; a node that its own click removed has none
      L.DomEvent.on(box, "click", L.DomEvent.stopPropagation);
      L.DomEvent.disableScrollPropagation(box);
    });

    app.redraw = function () {
      document.documentElement.lang = app.language === "zh" ? "zh-CN" : "en";
      document.title = app.text("title", { name: app.data.about.name }).trim();
      fillTitle(boxes.title);
      fillPanel(boxes.panel);
      fillKey(boxes.key);
      fillFoot(boxes.foot);
      fillNorth(boxes.north);
      fillTools(boxes.tools);
      app.clear(opener);
      opener.appendChild(el("span", "gg-stack"));
      opener.appendChild(el("span", "", app.text("layers")));
      opener.setAttribute("aria-label", app.text("open_panel"));
      if (app.scale) {
        app.scale._update();
      }
      app.redrawSearch();
      app.redrawCard();
      app.hints();
      app.labels.draw();
    };
  };
})(window);
