"""Write Shapefiles and DXF drawings byte by byte, as offices' programs do."""

from __future__ import annotations

import struct

__all__ = ["block", "dxf", "insert", "lwpolyline", "mtext", "polyline", "shapefile", "text"]


def shapefile(path, rings_of, fields, rows, *, encoding="gbk", index=True):
    """Write a Shapefile without .cpg and .prj; names are cut at ten bytes, values at their width.

    ``rings_of`` holds one list of rings a row, None draws nothing; ``fields`` are (name, width).
    """
    records, index_records, offset = b"", b"", 50
    for number, rings in enumerate(rings_of, 1):
        body = struct.pack("<i", 0)
        if rings is not None:
            points = [point for ring in rings for point in ring]
            xs, ys = [x for x, *_ in points], [y for _, y, *_ in points]
            starts = [sum(len(ring) for ring in rings[:n]) for n in range(len(rings))]
            solid = len(points[0]) > 2
            body = struct.pack("<i4d", 15 if solid else 5, min(xs), min(ys), max(xs), max(ys))
            body += struct.pack(f"<2i{len(rings)}i", len(rings), len(points), *starts)
            body += b"".join(struct.pack("<2d", *point[:2]) for point in points)
            if solid:
                body += struct.pack(f"<2d{len(points)}d", 0, 0, *(z for *_, z in points))
        records += struct.pack(">2i", number, len(body) // 2) + body
        index_records += struct.pack(">2i", offset, len(body) // 2)
        offset += 4 + len(body) // 2
    is_solid = any(rings and len(rings[0][0]) > 2 for rings in rings_of)

    def head(size):
        words = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 50 + size // 2)
        return words + struct.pack("<2i8d", 1000, 15 if is_solid else 5, *[0.0] * 8)

    path.with_suffix(".shp").write_bytes(head(len(records)) + records)
    if index:
        path.with_suffix(".shx").write_bytes(head(len(index_records)) + index_records)
    width = 1 + sum(wide for _, wide in fields)
    table = struct.pack("<4BIHH20x", 3, 95, 7, 26, len(rows), 33 + 32 * len(fields), width)
    for name, wide in fields:
        table += name.encode(encoding)[:10].ljust(11, b"\0") + b"C" + bytes(4)
        table += bytes([wide]) + bytes(15)
    table += b"\r"
    for row in rows:
        cells = zip(row, fields, strict=True)
        table += b" " + b"".join(v.encode(encoding)[:wide].ljust(wide) for v, (_, wide) in cells)
    path.with_suffix(".dbf").write_bytes(table + b"\x1a")
    return path.with_suffix(".shp")


def dxf(entities, *, version="AC1015", page="ANSI_936", units=6, blocks="", encoding=None):
    """Write a drawing; AC1021 and later are UTF-8, earlier ones GBK."""
    written = (
        f"  0\nSECTION\n  2\nHEADER\n  9\n$ACADVER\n  1\n{version}\n"
        f"  9\n$DWGCODEPAGE\n  3\n{page}\n"
        f"  9\n$INSUNITS\n 70\n{units}\n  0\nENDSEC\n"
        f"  0\nSECTION\n  2\nBLOCKS\n{blocks}  0\nENDSEC\n"
        f"  0\nSECTION\n  2\nENTITIES\n{''.join(entities)}  0\nENDSEC\n  0\nEOF\n"
    )
    return written.encode(encoding or ("utf-8" if version >= "AC1021" else "gbk"))


def lwpolyline(layer, points, *, closed=True, bulges=(), more=""):
    """Write a polyline of R13 and later; a bulge is the tangent of a quarter of its arc."""
    lines = (
        f"0\nLWPOLYLINE\n5\nA1\n8\n{layer}\n100\nAcDbPolyline\n90\n{len(points)}\n70\n{closed:d}\n"
    )
    for n, (x, y) in enumerate(points):
        lines += f"10\n{x}\n20\n{y}\n" + (f"42\n{bulges[n]}\n" if n < len(bulges) else "")
    return lines + more


def polyline(layer, points, *, flags=1):
    """Write a polyline of R12, with heights."""
    lines = f"0\nPOLYLINE\n8\n{layer}\n66\n1\n70\n{flags}\n10\n0\n20\n0\n30\n0\n"
    for x, y in points:
        lines += f"0\nVERTEX\n8\n{layer}\n10\n{x}\n20\n{y}\n30\n7.5\n"
    return lines + f"0\nSEQEND\n8\n{layer}\n"


def text(layer, x, y, written):
    """Write a text of one line."""
    return f"0\nTEXT\n5\nA2\n8\n{layer}\n10\n{x}\n20\n{y}\n30\n0\n40\n2.5\n1\n{written}\n"


def mtext(layer, x, y, written):
    """Write a text of several lines."""
    return f"0\nMTEXT\n5\nA3\n8\n{layer}\n10\n{x}\n20\n{y}\n30\n0\n40\n2.5\n71\n1\n1\n{written}\n"


def block(name, *entities):
    """Write a block with its base point at the origin."""
    head = f"0\nBLOCK\n8\n0\n2\n{name}\n70\n0\n10\n0\n20\n0\n30\n0\n3\n{name}\n"
    return head + "".join(entities) + "0\nENDBLK\n"


def insert(name, x, y, *, layer="图块", more=""):
    """Put a block in."""
    return f"0\nINSERT\n8\n{layer}\n2\n{name}\n10\n{x}\n20\n{y}\n30\n0\n{more}"
