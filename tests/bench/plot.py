"""Plot: walk against balance, one mark a method, one panel a district."""

from __future__ import annotations

import io
import re

# Okabe and Ito (2008): told apart by colour-blind eyes too; shapes differ besides
STYLES = {
    "geogrid": ("#D55E00", "*"),
    "METIS": ("#0072B2", "s"),
    "GerryChain": ("#009E73", "o"),
    "pygeoda": ("#CC79A7", "^"),
    "spopt": ("#56B4E9", "D"),
}
PANELS = 2
INK = "#333333"
# two names closer than this, in points, would cover each other
LINE_PT = 10.0


def draw(found, path):
    """Draw the first districts into an SVG file, the same on any day and machine."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams |= {
        "svg.hashsalt": "geogrid",
        # outlines of letters are large, and cannot be searched
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": INK,
    }
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, PANELS, figsize=(10, 4.6), layout="constrained")
    for panel, district in zip(panels, found, strict=False):
        _panel(panel, district)
    panels[0].set_ylabel("imbalance: CV of households per grid")
    held = io.StringIO()
    figure.savefig(held, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    text = re.sub(r"[ \t]+$", "", held.getvalue(), flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")


def _panel(panel, district):
    """Draw one district."""
    rows = [r for r in district["rows"] if "failed" not in r]
    for row in rows:
        colour, shape = STYLES[row["method"].split()[0]]
        panel.scatter(
            row["walk_m"],
            row["cv"],
            s=190 if shape == "*" else 55,
            marker=shape,
            # hollow: violations, or another number of grids than asked
            facecolor=colour if row["violations"] == 0 and row["grids"] == district["k"] else "w",
            edgecolor=colour,
            linewidth=1.5,
            zorder=3,
        )
    panel.set_title(f"{district['district']}: {district['k']} grids", loc="left", fontsize=10)
    panel.set_xlabel("walk: mean metres to the middle of the grid")
    panel.grid(color="#DDDDDD", linewidth=0.6)
    panel.set_xmargin(0.12)
    panel.set_ylim(bottom=0)
    _names(panel, rows)


def _names(panel, rows):
    """Write each method beside its mark; move names apart that would touch."""
    panel.figure.draw_without_rendering()
    points = 72 / panel.figure.dpi
    places = [(*(panel.transData.transform((r["walk_m"], r["cv"])) * points), r) for r in rows]
    taken = []
    for x, y, row in sorted(places, key=lambda p: (p[1], p[0])):
        text_y = y
        width = 5.0 * len(row["method"])
        while any(
            abs(text_y - other_y) < LINE_PT and x < other_x + other_w and other_x < x + width
            for other_x, other_y, other_w in taken
        ):
            text_y += LINE_PT / 2
        taken.append((x, text_y, width))
        panel.annotate(
            row["method"],
            (row["walk_m"], row["cv"]),
            xytext=(8, text_y - y),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=INK,
        )
