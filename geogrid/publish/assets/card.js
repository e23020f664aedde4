/* The card: open it, close it, go back; mark on the map what it speaks of. */
(function (root) {
  "use strict";
  const app = (root.geogridMap = root.geogridMap || {});
  const el = app.el;

  let box = null;
  let trail = [];

  function linksOf(record) {
    const grids = record.is === "grid" ? [record] : record.is === "beat" ? app.data.gridsOfBeat[record.beat_id] || [] : [];
    const links = [];
    grids.forEach(function (grid) {
      const room = app.data.room[grid.beat_id];
      const heart = app.data.courtyard[grid.medoid_id];
      if (room) {
        links.push([app.middle(heart || grid), room.rings[0][0]]);
      }
    });
    return links;
  }

  function marksOf(record) {
    if (record.is === "beat") {
      return [record].concat(app.data.gridsOfBeat[record.beat_id] || []);
    }
    return [record];
  }

  function show(record) {
    app.clear(box);
    const tools = el("div", "gg-card-tools");
    if (trail.length > 1) {
      tools.appendChild(
        app.button("gg-back", "‹ " + app.text("back"), function () {
          trail.pop();
          app.open(trail.pop(), { zoom: true, keep: true });
        })
      );
    }
    const close = app.button("gg-close", "×", app.close);
    close.title = app.text("close");
    close.setAttribute("aria-label", app.text("close"));
    tools.appendChild(close);
    const grip = app.button("gg-grip", "", function () {
      box.classList.toggle("gg-tall");
    });
    grip.setAttribute("aria-label", app.text("taller"));
    box.appendChild(grip);
    box.appendChild(tools);
    const body = el("div", "gg-card-body");
    app.views[record.is](record).forEach(function (part) {
      body.appendChild(part);
    });
    box.appendChild(body);
    box.hidden = false;
    box.setAttribute("data-kind", record.is);
  }

  app.card = function () {
    box = el("section", "gg-card gg-box");
    box.hidden = true;
    box.setAttribute("aria-live", "polite");
    return box;
  };

  /* Open the card of a record; zoom: show all of it; keep: remember the way back. */
  app.open = function (record, how) {
    const manner = how || {};
    if (!manner.keep) {
      trail = [];
    }
    trail.push(record);
    app.selected = record;
    app.root.classList.add("gg-has-card");
    show(record);
    app.mark(marksOf(record), linksOf(record));
    app.look(record, manner.zoom);
  };

  app.close = function () {
    trail = [];
    app.selected = null;
    app.root.classList.remove("gg-has-card");
    box.classList.remove("gg-tall");
    box.hidden = true;
    app.mark([], []);
  };

  app.redrawCard = function () {
    if (app.selected) {
      show(app.selected);
    }
  };
})(window);
