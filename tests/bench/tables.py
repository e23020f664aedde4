"""Tables: figures as Markdown, padded so that a terminal shows them well too."""

from __future__ import annotations

import numpy as np

HEAD = (
    "method",
    "CPU s",
    "import s",
    "warm-up s",
    "peak MB",
    "grids",
    "violations",
    "over optimum",
    "CV",
    "walk m",
    "within 20 %",
    "within 30 %",
)


def layout(head, rows):
    """Return a Markdown table; the first column to the left, the others to the right."""
    table = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]

    def line(cells):
        left, *others = zip(cells, widths, strict=True)
        padded = [left[0].ljust(left[1]), *(cell.rjust(width) for cell, width in others)]
        return f"| {' | '.join(padded)} |"

    rule = [f":{'-' * (widths[0] - 1)}", *(f"{'-' * (width - 1)}:" for width in widths[1:])]
    return "\n".join([line(table[0]), f"| {' | '.join(rule)} |", *(line(r) for r in table[1:])])


def percent(share, digits=1):
    """Return a share in percent; what is rounding is nothing."""
    return f"{100 * share + 0.0 if abs(share) > 1e-9 else 0.0:.{digits}f} %"


def violations(row):
    """Return the violations and, if any, of which kind."""
    kinds = [f"{row[kind]} {kind}" for kind in ("broken", "outside", "across") if row[kind]]
    return ", ".join(kinds) or "0"


def title(found):
    """Return what a district is."""
    graph = found["graph_cpu_s"]
    shared = f" The graph took {graph:.1f} CPU s, shared by all." if graph else ""
    return (
        f"{found['units']:,} units in {found['parts']:,} parts (largest {found['largest']}), "
        f"{found['k']:,} grids.{shared}"
    )


def methods(found):
    """Return one district's table of methods."""
    rows, notes = [], []
    for r in found["rows"]:
        if "failed" in r:
            rows.append((r["method"], *["-"] * (len(HEAD) - 1)))
            notes.append(f"{r['method']}: {r['failed']}.")
            continue
        rows.append(
            (
                r["method"],
                f"{r['cpu_s']:.2f}",
                f"{r['import_s']:.1f}",
                f"{r['warm_s']:.1f}",
                f"{r['peak_mb']:.0f}",
                r["grids"],
                violations(r),
                percent(r["over"], 2),
                f"{r['cv']:.3f}",
                f"{r['walk_m']:.1f}",
                percent(r["within_20"]),
                percent(r["within_30"]),
            )
        )
        if r.get("stopped"):
            notes.append(f"{r['method']}: {r['stopped']} runs did not end and were dropped.")
        if "status" in r:
            note = f"{r['method']}: {r['status']}, own gap {percent(r['gap'], 2)}"
            if r["claimed"]:
                apart = abs(r["claimed"] / r["objective"] - 1)
                note += f", own objective {apart:.0e} from the one measured here"
            notes.append(note + ".")
    lines = [f"## {found['district']}", title(found), layout(HEAD, rows), "\n".join(notes)]
    return "\n\n".join(lines) + "\n"


def growth(cases):
    """Return how CPU seconds, gap and memory grow with the district."""
    head = (
        "district, method",
        "units",
        "grids",
        "CPU s",
        "of 1x",
        "peak MB",
        "gap",
        "over optimum",
        "violations",
        "CV",
        "walk m",
    )
    rows, first = [], {}
    for found in cases:
        for r in found["rows"]:
            name = f"{found['district']}, {r['method']}"
            if "failed" in r:
                rows.append((name, found["units"], r["failed"], *["-"] * 8))
                continue
            first.setdefault(r["method"], r["cpu_s"])
            rows.append(
                (
                    name,
                    found["units"],
                    r["grids"],
                    f"{r['cpu_s']:.1f}",
                    f"{r['cpu_s'] / first[r['method']]:.1f}",
                    f"{r['peak_mb']:.0f}",
                    percent(r["gap"], 4) if "gap" in r else "-",
                    percent(r["over"], 2),
                    violations(r),
                    f"{r['cv']:.3f}",
                    f"{r['walk_m']:.1f}",
                )
            )
    return layout(head, rows)


def seeds(cases):
    """Return, over many districts, how often all is as it must be, and the spread."""
    head = (
        "method",
        "districts",
        "exactly k",
        "no violation",
        "proven",
        "CPU s",
        "over optimum",
        "CV",
        "walk m",
    )
    rows = []
    for i, first in enumerate(cases[0]["rows"]):
        each = [(case, case["rows"][i]) for case in cases]
        ended = [(case, r) for case, r in each if "failed" not in r]

        def span(key, digits, of=ended, times=1):
            # rounded first: an optimum is not -0.0 % above itself
            values = np.round(times * np.array([r[key] for _, r in of]), digits) + 0.0
            least, mean, most = (
                f"{v:.{digits}f}" for v in (values.min(), values.mean(), values.max())
            )
            return f"{mean} ({least} to {most})"

        rows.append(
            (
                first["method"],
                len(each),
                sum(r["grids"] == case["k"] for case, r in ended),
                sum(r["violations"] == 0 for _, r in ended),
                sum(r.get("status") == "optimal" for _, r in ended),
                span("cpu_s", 2),
                span("over", 1, times=100) + " %",
                span("cv", 3),
                span("walk_m", 1),
            )
        )
    return layout(head, rows)


def anytime(found):
    """Return when the first plan was there and when it was proven, by weight of balance."""
    head = (
        "balance_m",
        "status",
        "CPU s",
        "wall s",
        "first plan, CPU s",
        "wall s",
        "peak MB",
        "CV",
        "walk m",
        "within 20 %",
        "within 30 %",
    )
    rows = [
        (
            f"{r['balance_m']:.0f}",
            r["status"],
            f"{r['cpu_s']:.2f}",
            f"{r['wall_s']:.2f}",
            "-" if r["first_cpu_s"] is None else f"{r['first_cpu_s']:.2f}",
            "-" if r["first_wall_s"] is None else f"{r['first_wall_s']:.2f}",
            f"{r['peak_mb']:.0f}",
            f"{r['cv']:.3f}",
            f"{r['walk_m']:.1f}",
            percent(r["within_20"]),
            percent(r["within_30"]),
        )
        for r in found["rows"][1:]
        if "failed" not in r
    ]
    return f"{title(found)}\n\n{layout(head, rows)}"
