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
TICKS = (0.08, 0.1, 0.12, 0.15, 0.2, 0.3, 0.4)
SIZE = 8
# points: half a mark, a letter's mean width, a line's height
MARK_PT, LETTER_PT, LINE_PT = 6.0, 4.3, 10.0
# where a name may stand beside its mark: points to its anchor, and which end is anchored
STANDS = (
    (8, 0, "left"),
    (-8, 0, "right"),
    (0, -13, "center"),
    (0, 13, "center"),
    (6, -12, "left"),
    (6, 12, "left"),
    (-6, 12, "right"),
    (-6, -12, "right"),
    (12, 22, "left"),
    (12, -22, "left"),
)


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
    panels[0].set_ylabel("imbalance: CV of households per grid (log)")
    marks = [
        plt.Line2D([], [], linestyle="", marker=shape, color=colour, label=family)
        for family, (colour, shape) in STYLES.items()
    ]
    marks.append(
        plt.Line2D(
            [],
            [],
            linestyle="",
            marker="o",
            markerfacecolor="w",
            markeredgecolor=INK,
            label="hollow: grids out of band, or not as many as asked",
        )
    )
    figure.legend(handles=marks, loc="outside lower center", ncols=len(marks), frameon=False)
    figure.draw_without_rendering()
    for panel, district in zip(panels, found, strict=False):
        _names(panel, district)
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
    panel.set_title(f"{district['district']}, {district['k']} grids", loc="left", fontsize=10)
    panel.set_xlabel("walk: mean metres to the middle of the grid")
    panel.set_yscale("log")
    panel.set_yticks(TICKS, [f"{tick:g}" for tick in TICKS])
    panel.set_yticks([], minor=True)
    panel.set_ylim(TICKS[0], max(r["cv"] for r in rows) * 1.15)
    panel.grid(color="#DDDDDD", linewidth=0.6)
    panel.set_axisbelow(True)
    panel.set_xmargin(0.16)


def _names(panel, district):
    """Write each method beside its mark, where it covers no mark and no other name."""
    rows = [r for r in district["rows"] if "failed" not in r]
    points = 72 / panel.figure.dpi
    places = [panel.transData.transform((r["walk_m"], r["cv"])) * points for r in rows]
    # left, bottom, right, top
    taken = [(x - MARK_PT, y - MARK_PT, x + MARK_PT, y + MARK_PT) for x, y in places]
    for (x, y), row in sorted(zip(places, rows, strict=True), key=lambda p: -p[0][0]):
        _, _, name = row["method"].partition(" ")
        name = name or row["method"]
        width = LETTER_PT * len(name)
        for dx, dy, side in STANDS:
            left = x + dx - {"left": 0, "center": width / 2, "right": width}[side]
            box = (left, y + dy - LINE_PT / 2, left + width, y + dy + LINE_PT / 2)
            if not any(
                box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
                for other in taken
            ):
                break
        taken.append(box)
        panel.annotate(
            name,
            (row["walk_m"], row["cv"]),
            xytext=(dx, dy),
            textcoords="offset points",
            ha=side,
            va="center",
            fontsize=SIZE,
            color=INK,
        )
