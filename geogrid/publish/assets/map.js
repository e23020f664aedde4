/* Start: wire model, layers, labels, boxes and the mouse to the map folium made. */
(function (root) {
  "use strict";
  const app = (root.geogridMap = root.geogridMap || {});

  const SMALL = 720;
  // right of the title and the card
  const BESIDE = 380;

  function isSmall() {
    return app.map.getSize().x < SMALL;
  }

  /* the part of the map that no box covers, as paddings */
  function free() {
    const size = app.map.getSize();
    const card = Boolean(app.selected);
    if (isSmall()) {
      return { top: 140, left: 20, right: 20, bottom: card ? Math.round(size.y * 0.48) : 40 };
    }
    const panel = app.root.querySelector(".gg-panel");
    const right = panel.offsetWidth ? panel.offsetWidth + 24 : 40;
    return { top: 40, left: card && size.x > 900 ? BESIDE : 30, right: right, bottom: 40 };
  }

  function fit(bounds, options, left) {
    const pad = free();
    app.map.fitBounds(
      bounds,
      Object.assign({ paddingTopLeft: [left || pad.left, pad.top], paddingBottomRight: [pad.right, pad.bottom] }, options)
    );
  }

  /* whether the title's box lies over a grid */
  function isCovered() {
    const box = app.root.querySelector(".gg-top");
    const right = box.parentNode.offsetLeft + box.offsetWidth;
    const bottom = box.parentNode.offsetTop + box.offsetHeight;
    return app.data.gov_grids.some(function (grid) {
      const at = app.map.latLngToContainerPoint([grid.box[2], grid.box[1]]);
      return at.x < right && at.y < bottom;
    });
  }

  /* The first view; whole: nothing cut off, however small. */
  app.home = function (whole) {
    const bounds = app.latLngBounds(app.data.communities);
    if (!bounds.isValid()) {
      return;
    }
    fit(bounds, { animate: false });
    if (!isSmall() && isCovered()) {
      fit(bounds, { animate: false }, BESIDE);
    }
    if (isSmall() && !whole) {
      // a wide district on a narrow screen: rather larger and to be moved than whole and tiny
      const corner = app.map.latLngToContainerPoint(bounds.getNorthWest());
      const other = app.map.latLngToContainerPoint(bounds.getSouthEast());
      const width = other.x - corner.x;
      const height = Math.max(other.y - corner.y, 1);
      const room = Math.log((app.map.getSize().y * 0.45) / height) / Math.LN2;
      const closer = width > 1.5 * height ? Math.max(0, Math.min(1, room)) : 0;
      const zoom = Math.floor((app.map.getZoom() + closer) * 4) / 4;
      app.map.setZoomAround(bounds.getCenter(), zoom, { animate: false });
    }
  };

  app.look = function (record, zoom) {
    const around = record.is === "beat" ? [record].concat(app.data.gridsOfBeat[record.beat_id] || []) : [record];
    const bounds = app.latLngBounds(around);
    if (!bounds.isValid()) {
      return;
    }
    if (zoom) {
      fit(bounds, { maxZoom: Math.max(app.map.getZoom(), app.isPoint(record) ? 17.5 : 17) });
      return;
    }
    const pad = free();
    app.map.panInside(bounds.getCenter(), {
      paddingTopLeft: [pad.left, pad.top],
      paddingBottomRight: [pad.right, pad.bottom],
    });
  };

  /* what lies under a place, the smallest thing first */
  function under(latlng) {
    const data = app.data;
    const zoom = app.map.getZoom();
    const asked = [
      ["stations", data.stations, 11, 0],
      ["rooms", data.rooms, 9, 0],
      ["courtyards", data.courtyards, 9, 15.5],
      ["grids", data.gov_grids, 0, 0],
      ["compounds", data.compounds, 0, 13],
      ["basic_grids", data.basic_grids, 0, 0],
      ["communities", data.communities, 0, 0],
    ];
    for (let i = 0; i < asked.length; i++) {
      if (app.isShown(asked[i][0]) && zoom >= asked[i][3]) {
        const record = app.find(app.map, asked[i][1], latlng, asked[i][2]);
        if (record) {
          return asked[i][0] === "rooms" ? data.beat[record.beat_id] : record;
        }
      }
    }
    return null;
  }

  /* Leaflet's scale, its unit in the language of the moment */
  const Scale = L.Control.Scale.extend({
    _updateMetric: function (most) {
      const metres = this._getRoundNum(most);
      const label = metres < 1000 ? app.text("metres", { n: metres }) : app.text("kilometres", { n: metres / 1000 });
      this._updateScale(this._mScale, label, metres / most);
    },
  });

  function nameOf(record) {
    if (record.is === "grid") {
      return app.gridName(record);
    }
    return record.is === "courtyard" ? app.courtyardName(record) : record.name || record.beat_id || record.grid_code;
  }

  function hover() {
    const tip = L.tooltip({ className: "gg-tip", direction: "top", offset: [0, -8], opacity: 1 });
    let waiting = null;
    let last = null;
    app.map.on("mousemove", function (event) {
      last = event;
      waiting = waiting || L.Util.requestAnimFrame(function () {
        waiting = null;
        const record = last && under(last.latlng);
        app.map.getContainer().style.cursor = record ? "pointer" : "";
        if (!record || record.is === "community") {
          tip.remove();
          return;
        }
        const words = app.el("div");
        words.appendChild(app.el("strong", "", nameOf(record)));
        if (record.households !== null && record.households !== undefined) {
          words.appendChild(app.el("span", "", app.text("households_n", { n: app.number(record.households) })));
        }
        tip.setLatLng(last.latlng).setContent(words).addTo(app.map);
      });
    });
    app.map.on("mouseout movestart zoomstart", function () {
      last = null;
      tip.remove();
    });
  }

  function printing() {
    let before = null;
    root.addEventListener("beforeprint", function () {
      const map = app.map;
      before = { retina: L.Browser.retina, snap: map.options.zoomSnap, bounds: map.getBounds() };
      app.printing = true;
      app.root.classList.add("gg-printing");
      // two dots a pixel, so that lines are fine on paper
      L.Browser.retina = true;
      map.options.zoomSnap = 0;
      map.invalidateSize({ animate: false, pan: false });
      map.fitBounds(before.bounds, { animate: false });
      app.renderer._update();
      app.renderer._draw();
      app.labels.drawNow();
    });
    root.addEventListener("afterprint", function () {
      app.printing = false;
      app.root.classList.remove("gg-printing");
      L.Browser.retina = before.retina;
      app.map.options.zoomSnap = before.snap;
      app.map.invalidateSize({ animate: false, pan: false });
      app.map.fitBounds(before.bounds, { animate: false });
      app.labels.draw();
    });
  }

  function keys() {
    document.addEventListener("keydown", function (event) {
      const typing = /^(INPUT|TEXTAREA)$/.test(event.target.tagName);
      if (event.key === "/" && !typing) {
        event.preventDefault();
        app.focusSearch();
      } else if (event.key === "Escape") {
        app.close();
      }
    });
  }

  app.start = function (map) {
    const blob = app.read("geogrid-data");
    app.words = app.read("geogrid-words");
    app.language = blob.language;
    app.theme = "grids";
    app.map = map;
    app.root = map.getContainer();
    app.root.classList.add("gg-map");
    app.data = app.model(blob);
    app.renderer = L.canvas({ padding: 0.2 });
    app.labels = new app.Labels();

    app.build();
    app.home();
    app.refresh();
    app.labels.addTo(map);
    app.scale = new Scale({ metric: true, imperial: false, maxWidth: 130 }).addTo(map);
    app.redraw();
    // once more: only now the boxes have their size
    app.home();
    app.refresh();
    map.setMinZoom(map.getZoom() - 2);
    map.setMaxZoom(19);
    map.setMaxBounds(map.getBounds().pad(1));

    map.on("zoomend", function () {
      app.refresh();
      app.hints();
    });
    map.on("click", function (event) {
      const record = under(event.latlng);
      if (record) {
        app.open(record);
      } else {
        app.close();
      }
    });
    hover();
    keys();
    printing();

    // a card's QR code may end in #code: open that grid
    const wanted = app.data.grid[decodeURIComponent(root.location.hash.slice(1))];
    if (wanted) {
      app.open(wanted, { zoom: true });
    }
    app.ready = true;
  };
})(window);
