"""Files that nobody meant to read: broken on purpose, from a seed; and what readers make of them.

``python -m attacks KIND N SEED FOLDER`` runs one attack in a process of its own and prints what
came of it, for readers built on libraries that a file might end altogether.
"""

from __future__ import annotations

import io
import json
import re
import resource
import signal
import sqlite3
import sys
import traceback
import warnings
import zipfile
from collections import Counter
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from attack_seeds import drawings, lists, outlines, words_files
from memory import peak_mb

from geogrid.locale import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Seed = dict[str, bytes]

__all__ = ["ATTACKS", "Outcome", "attack"]

# what parsers stumble over
_TOKENS = (
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x1a",
    b'"',
    b"'",
    b"\r",
    b"\n",
    b",",
    b"-1",
    b"1e999",
    b"NaN",
    b"-0",
    b"99999999999999999999",
    b"\xb9\xfa",
    b"\x81",
    "𠮷".encode(),
    b"\xed\xa0\x80",
    b"&#0;",
    b"]]>",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    b"{}",
    b"[[",
    b"=cmd|'/c calc'!A1",
    b"%s%n",
    b"${jndi:ldap://x}",
    b"../../etc/passwd",
)
_NUMBER = re.compile(rb"\d+")
_TAG = re.compile(rb"<[^>]*>")
_ATTRIBUTE = re.compile(rb'="[^"]*"')
# what a file may cost, on a machine with others at work
_MOST_CPU_S = 5.0


@dataclass
class Outcome:
    """Hold what came of an attack.

    Parameters
    ----------
    kind : str
        Of the files.
    results : dict of str to int
        ``read``, or the name of our error, to files.
    failures : list of dict
        Files that ended otherwise: number, file's name, and the traceback.
    slowest_cpu_s, cpu_s : float
        Of one file; of all.
    peak_mb : float
        Of the process in all.
    """

    kind: str
    results: dict[str, int] = field(default_factory=dict)
    failures: list[dict[str, Any]] = field(default_factory=list)
    slowest_cpu_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0


def attack(kind: str, n: int, seed: int, folder: Path, *, from_n: int = 0) -> Outcome:
    """Hand n broken files to the reader of a kind; keep in a folder those it failed on."""
    from geogrid.errors import GeogridError

    how = ATTACKS[kind]
    seeds, read = how.seeds(), how.reader()
    results: Counter[str] = Counter()
    outcome = Outcome(kind)
    for number in range(from_n, n):
        rng = np.random.default_rng([seed, number])
        files = how.broken(seeds[int(rng.integers(len(seeds)))], seeds, rng)
        begun = _cpu_s()
        try:
            with warnings.catch_warnings(), _bounded():
                warnings.simplefilter("error")
                read(files, folder)
            results["read"] += 1
        except GeogridError as error:
            results[type(error).__name__] += 1
        except (Exception, SystemExit, _TooLongError) as error:  # noqa: BLE001 - the very thing looked for
            results["FAILED"] += 1
            told = "".join(traceback.format_exception(error))[-3000:]
            outcome.failures.append({"number": number, "error": repr(error)[:300], "told": told})
            _keep(files, folder, f"failed-{kind}-{number}")
        spent = _cpu_s() - begun
        outcome.slowest_cpu_s = max(outcome.slowest_cpu_s, spent)
        outcome.cpu_s += spent
        if spent > _MOST_CPU_S:
            _keep(files, folder, f"slow-{kind}-{number}")
            outcome.failures.append({"number": number, "error": f"{spent:.1f} CPU s", "told": ""})
    outcome.results = dict(results)
    outcome.peak_mb = peak_mb()
    return outcome


class _TooLongError(BaseException):
    """Nobody catches this but the attack."""


@contextmanager
def _bounded() -> Iterator[None]:
    """End a reader that would not end by itself, if it is one of Python."""

    def end(*_: object) -> None:
        raise _TooLongError(f"{2 * _MOST_CPU_S:.0f} CPU seconds are over")

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, 2 * _MOST_CPU_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _keep(files: Seed, folder: Path, stem: str) -> None:
    for name, raw in files.items():
        (folder / f"{stem}-{name}").write_bytes(raw)


def _cpu_s() -> float:
    """Return what this process and its children have taken."""
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


# --- ways of breaking ------------------------------------------------------------------------


def _flip(raw: bytearray, rng: np.random.Generator) -> None:
    for place in rng.integers(len(raw), size=int(rng.integers(1, 9))):
        raw[place] ^= 1 << int(rng.integers(8))


def _early_flip(raw: bytearray, rng: np.random.Generator) -> None:
    """Break the header, where a file says how long its parts are."""
    for place in rng.integers(min(len(raw), 128), size=int(rng.integers(1, 5))):
        raw[place] = int(rng.choice([0, 1, 127, 128, 255]))


def _cut(raw: bytearray, rng: np.random.Generator) -> None:
    del raw[int(rng.integers(len(raw))) :]


def _lose(raw: bytearray, rng: np.random.Generator) -> None:
    begin, length = int(rng.integers(len(raw))), int(rng.integers(1, 200))
    del raw[begin : begin + length]


def _repeat(raw: bytearray, rng: np.random.Generator) -> None:
    begin, length = int(rng.integers(len(raw))), int(rng.integers(1, 400))
    piece = bytes(raw[begin : begin + length]) * int(rng.integers(1, 20))
    raw[begin:begin] = piece


def _insert(raw: bytearray, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(1, 4))):
        place = int(rng.integers(len(raw) + 1))
        raw[place:place] = _TOKENS[int(rng.integers(len(_TOKENS)))]


def _other_number(raw: bytearray, rng: np.random.Generator) -> None:
    found = list(_NUMBER.finditer(raw))
    if found:
        hit = found[int(rng.integers(len(found)))]
        choices = (b"0", b"-1", b"4294967296", b"99999999999999999999999", b"1e308", b"", b"NaN")
        raw[hit.start() : hit.end()] = choices[int(rng.integers(len(choices)))]


def _noise(raw: bytearray, rng: np.random.Generator) -> None:
    begin, length = int(rng.integers(len(raw))), int(rng.integers(1, 64))
    raw[begin : begin + length] = rng.bytes(length)


_WAYS = (_flip, _early_flip, _cut, _lose, _repeat, _insert, _other_number, _noise)


def break_bytes(raw: bytes, rng: np.random.Generator) -> bytes:
    """Break a file in one to three ways; one in twenty is nothing but noise."""
    if rng.random() < 0.05:
        return rng.bytes(int(rng.integers(0, 2000)))
    changed = bytearray(raw)
    for _ in range(int(rng.integers(1, 4))):
        if changed:
            _WAYS[int(rng.integers(len(_WAYS)))](changed, rng)
    return bytes(changed)


def break_markup(raw: bytes, rng: np.random.Generator) -> bytes:
    """Break XML so that it often stays XML: elements lost, doubled, swapped, values replaced."""
    way = int(rng.integers(5))
    pattern = _ATTRIBUTE if way == 0 else _TAG
    found = list(pattern.finditer(raw))
    if way == 4 or len(found) < 2:
        return break_bytes(raw, rng)
    hit, other = (found[int(i)] for i in sorted(rng.integers(len(found), size=2)))
    if way == 0:
        token = _TOKENS[int(rng.integers(len(_TOKENS)))].replace(b'"', b"&quot;")
        return raw[: hit.start()] + b'="' + token + b'"' + raw[hit.end() :]
    if way == 1:
        return raw[: hit.start()] + raw[other.end() :]
    if way == 2:
        return raw[: other.end()] + raw[hit.start() :]
    return raw[: hit.start()] + other[0] + raw[hit.end() :]


def _broken_one(seed: Seed, seeds: list[Seed], rng: np.random.Generator) -> Seed:
    """Break one of the files, or put a piece of another seed into it, or leave it out."""
    files = dict(seed)
    name = sorted(files)[int(rng.integers(len(files)))]
    way = rng.random()
    if way < 0.08:
        other = seeds[int(rng.integers(len(seeds)))]
        donor = next(iter(other.values())) if name not in other else other[name]
        half = int(rng.integers(len(files[name]) + 1))
        files[name] = files[name][:half] + donor[int(rng.integers(len(donor) + 1)) :]
    elif way < 0.12 and len(files) > 1:
        del files[name]
    else:
        files[name] = break_bytes(files[name], rng)
    return files


def _broken_text(seed: Seed, seeds: list[Seed], rng: np.random.Generator) -> Seed:
    """Break the text so that its encoding stays what it was; or break the bytes."""
    if rng.random() < 0.3:
        return _broken_one(seed, seeds, rng)
    ((name, raw),) = seed.items()
    codec = next(one for one in ("utf-8-sig", "gbk", "gb18030", "utf-16") if _is_in(raw, one))
    text = raw.decode(codec)
    for _ in range(int(rng.integers(1, 6))):
        place, length = (int(i) for i in rng.integers([len(text) + 1, 40]))
        token = _TOKENS[int(rng.integers(len(_TOKENS)))].decode("utf-8", "ignore")
        piece = (token, text[place : place + length] * 2, "", token * 300)[int(rng.integers(4))]
        text = text[:place] + piece + text[place + length :]
    return {name: text.encode(codec, "replace")}


def _is_in(raw: bytes, codec: str) -> bool:
    try:
        raw.decode(codec)
    except UnicodeError:
        return False
    return True


def _broken_in_place(seed: Seed, seeds: list[Seed], rng: np.random.Generator) -> Seed:
    """Break bytes where they stand, past the head that says how the parts of the file lie."""
    if rng.random() < 0.2:
        return _broken_one(seed, seeds, rng)
    ((name, raw),) = seed.items()
    changed = bytearray(raw)
    for _ in range(int(rng.integers(1, 12))):
        place = int(rng.integers(512, len(changed)))
        changed[place] = int(rng.choice([0, 1, 0xFF, int(rng.integers(256))]))
    return {name: bytes(changed)}


def _broken_database(seed: Seed, seeds: list[Seed], rng: np.random.Generator) -> Seed:
    """Break values and shapes within the database, or bytes where they stand."""
    way = rng.random()
    ((name, raw),) = seed.items()
    if way < 0.1:
        return _broken_one(seed, seeds, rng)
    if way < 0.5:
        changed = bytearray(raw)
        for _ in range(int(rng.integers(1, 12))):
            # not the page that says how the others lie
            place = int(rng.integers(4096, len(changed) - 16))
            length = int(rng.integers(1, 16))
            changed[place : place + length] = rng.bytes(length)
        return {name: bytes(changed)}
    with closing(sqlite3.connect(":memory:")) as base:
        base.deserialize(raw)
        found = base.execute("SELECT type, name FROM sqlite_master").fetchall()
        for _, trigger in (one for one in found if one[0] == "trigger"):
            base.execute(f'DROP TRIGGER "{trigger}"')
        tables = [one for kind, one in found if kind == "table" and "rtree" not in one]
        for _ in range(int(rng.integers(1, 4))):
            with suppress(sqlite3.Error):
                _break_table(base, tables[int(rng.integers(len(tables)))], rng)
        base.commit()
        return {name: base.serialize()}


def _break_table(base: sqlite3.Connection, table: str, rng: np.random.Generator) -> None:
    columns = [row[1] for row in base.execute(f'PRAGMA table_info("{table}")')]
    column = columns[int(rng.integers(len(columns)))]
    odd: tuple[object, ...] = (None, -1, 10**18, "x", b"\x00\xff", "", 1e300)
    value = odd[int(rng.integers(len(odd)))]
    match int(rng.integers(5)):
        case 0:
            base.execute(f'DELETE FROM "{table}"')  # noqa: S608 - our own file
        case 1:
            base.execute(f'ALTER TABLE "{table}" DROP COLUMN "{column}"')
        case _ if "geom" in columns:
            held = base.execute(f'SELECT geom FROM "{table}" LIMIT 1').fetchall()  # noqa: S608 - the same
            for (blob,) in held:
                broken = break_bytes(blob or b"GP", rng)
                base.execute(f'UPDATE "{table}" SET geom = ?', [broken])  # noqa: S608 - the same
        case _:
            base.execute(f'UPDATE "{table}" SET "{column}" = ?', [value])  # noqa: S608 - the same


def _broken_workbook(seed: Seed, seeds: list[Seed], rng: np.random.Generator) -> Seed:
    """Break a member, swap two, lose one; or break the archive itself."""
    way = rng.random()
    ((name, raw),) = seed.items()
    if way < 0.15:
        return _broken_one(seed, seeds, rng)
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = {item.filename: archive.read(item) for item in archive.infolist()}
    names = sorted(parts)
    likely = [part for part in names if "sheet" in part or "workbook" in part or "hared" in part]
    part = (likely if rng.random() < 0.9 else names)[int(rng.integers(len(likely)))]
    if way < 0.25:
        other = names[int(rng.integers(len(names)))]
        parts[part], parts[other] = parts[other], parts[part]
    elif way < 0.30:
        del parts[part]
    else:
        for _ in range(int(rng.integers(1, 3))):
            parts[part] = break_markup(parts[part], rng)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return {name: out.getvalue()}


def _broken_drawing(seed: Seed, seeds: list[Seed], rng: np.random.Generator) -> Seed:
    """Break the lines of a drawing: group codes and values, by twos."""
    if rng.random() < 0.4:
        return _broken_one(seed, seeds, rng)
    ((name, raw),) = seed.items()
    lines = raw.splitlines()
    for _ in range(int(rng.integers(1, 4))):
        place = int(rng.integers(len(lines)))
        match int(rng.integers(5)):
            case 0:
                lines[place] = str(rng.choice([-1, 0, 5, 8, 10, 70, 90, 100, 999, 1071])).encode()
            case 1:
                del lines[place]
            case 2:
                lines[place:place] = lines[: int(rng.integers(1, 40))]
            case 3:
                lines[place] = _TOKENS[int(rng.integers(len(_TOKENS)))]
            case _:
                lines[place] = lines[int(rng.integers(len(lines)))]
        lines = lines or [b"0"]
    return {name: b"\n".join(lines)}


def _broken_json(seed: Seed, seeds: list[Seed], rng: np.random.Generator) -> Seed:
    """Put something else where a value stands; or break the text."""
    if rng.random() < 0.4:
        return _broken_one(seed, seeds, rng)
    ((name, raw),) = seed.items()
    whole = json.loads(raw)
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in pairs:
            places.append((value, key))
            if isinstance(one, (dict, list)):
                walk(one)

    walk(whole)
    odd = (None, True, "x", -1e308, 10**30, [], {}, [[[]]], [[1, 2], None], {"type": "Point"}, "")
    for _ in range(int(rng.integers(1, 4))):
        holder, key = places[int(rng.integers(len(places)))]
        if isinstance(holder, dict) or key < len(holder):
            holder[key] = odd[int(rng.integers(len(odd)))]
    return {name: json.dumps(whole, ensure_ascii=False).encode()}


# --- readers ---------------------------------------------------------------------------------


def _reads_list() -> Callable[[Seed, Path], object]:
    import pandas as pd

    from geogrid.errors import GeogridError
    from geogrid.sources.ledger import read_ledger
    from geogrid.sources.tables import read_sheets

    communities = pd.DataFrame(
        {
            "community_code": ["370202001013", "370202005007", "370202009004"],
            "name": ["香港路社区", "太平路社区", "太平角社区"],
        }
    )

    def read(files: Seed, _: Path) -> None:
        for name, raw in files.items():
            with suppress(GeogridError):
                read_sheets(raw)
            ledger = read_ledger(raw, name=name, communities=communities)
            # whatever was read can be told, and adds up
            for one in ledger.findings:
                for language in LANGUAGES:
                    one.reason(language)
                    one.remedy(language)
            tally = ledger.tally
            if tally.taken + tally.mended + tally.rejected != tally.read:
                raise ValueError("rows do not add up")

    return read


def _imports() -> Callable[[Seed, Path], object]:
    """Import a ledger into a small place, and write what was left out, in every form."""
    import geopandas as gpd
    from pyproj import Transformer
    from shapely import LineString, box

    from geogrid.sources.intake import import_district
    from geogrid.sources.reject_report import write_reject_report
    from geogrid.sources.vector import write_tables

    to_metres = Transformer.from_crs("EPSG:4326", "EPSG:4549", always_xy=True)
    x, y = to_metres.transform(120.375, 36.07)
    homes = [box(x - 2000 + 2000 * i, y - 2000, x + 2000 * i, y + 2000) for i in range(2)]
    layers = {
        "communities": {"community_code": ["370202001013", "370202005007"]},
        "roads": {"road_id": ["R1"], "name": ["香港路"], "kind": ["lane"]},
        "buildings": {"building_id": ["B1"], "address": ["香港路1号"]},
    }
    layers["communities"]["name"] = ["香港路社区", "太平路社区"]
    shapes = {
        "communities": homes,
        "roads": [LineString([(x - 500, y), (x + 500, y)])],
        "buildings": [box(x, y, x + 20, y + 20)],
    }
    tables = {
        name: gpd.GeoDataFrame(columns, geometry=shapes[name], crs="EPSG:4549")
        for name, columns in layers.items()
    }

    def read(files: Seed, folder: Path) -> None:
        base = folder / "base.gpkg"
        if not base.exists():
            write_tables(tables, base)
        ((name, raw),) = files.items()
        path = folder / name
        path.write_bytes(raw)
        found = import_district(courtyards=path, vector=base, crs="gcj02")
        for suffix in (".xlsx", ".html", ".json"):
            write_reject_report(found, folder / f"report{suffix}")
        with zipfile.ZipFile(folder / "report.xlsx") as book:
            parts = [book.read(part) for part in book.namelist() if "worksheets/sheet" in part]
        if any(b"<f>" in part for part in parts):
            raise ValueError("a cell came back as a formula")

    return read


def _reads_words() -> Callable[[Seed, Path], object]:
    from geogrid.sources.ledger import LedgerWords

    def read(files: Seed, folder: Path) -> None:
        for name, raw in files.items():
            path = folder / name
            path.write_bytes(raw)
            LedgerWords.read(path)

    return read


def _reads_layer(suffix: str) -> Callable[[Seed, Path], object]:
    """Read strictly, then as an office hands it in, mended; both must hold."""
    import geopandas as gpd
    from shapely import box

    from geogrid.errors import GeogridError
    from geogrid.sources.outlines import mend_shapes, read_messy_layer
    from geogrid.sources.vector import read_layer, read_layers

    communities = gpd.GeoDataFrame(
        {"community_code": ["1", "2"], "name": ["甲", "乙"]},
        geometry=[box(5e5, 3.9e6, 535_170, 4e6), box(535_170, 3.9e6, 6e5, 4e6)],
        crs="EPSG:4549",
    )

    def strict(path: Path) -> None:
        if suffix == ".gpkg":
            read_layers(path)
        elif suffix != ".dxf":
            read_layer(path, "courtyards")

    def read(files: Seed, folder: Path) -> None:
        here = folder / "layer"
        here.mkdir(exist_ok=True)
        for old in here.iterdir():
            old.unlink()
        for name, raw in files.items():
            (here / name).write_bytes(raw)
        path = here / f"courtyards{suffix}"
        with suppress(GeogridError):
            strict(path)
        found = read_messy_layer(path, "courtyards")
        mend_shapes(
            found.frame.set_crs("EPSG:4549", allow_override=True), "courtyards", communities
        )

    return read


@dataclass(frozen=True)
class Attack:
    """Say which files are broken how, and who reads them."""

    seeds: Callable[[], list[Seed]]
    reader: Callable[[], Callable[[Seed, Path], object]]
    broken: Callable[[Seed, list[Seed], np.random.Generator], Seed] = _broken_one


ATTACKS: dict[str, Attack] = {
    "csv": Attack(partial(lists, "csv"), _reads_list, _broken_text),
    "xlsx": Attack(partial(lists, "xlsx"), _reads_list, _broken_workbook),
    "xls": Attack(partial(lists, "xls"), _reads_list, _broken_in_place),
    "import": Attack(partial(lists, "csv"), _imports, _broken_text),
    "words": Attack(words_files, _reads_words, _broken_text),
    "shp": Attack(partial(outlines, ".shp"), partial(_reads_layer, ".shp")),
    "geojson": Attack(
        partial(outlines, ".geojson"), partial(_reads_layer, ".geojson"), _broken_json
    ),
    "dxf": Attack(drawings, partial(_reads_layer, ".dxf"), _broken_drawing),
    "gpkg": Attack(partial(outlines, ".gpkg"), partial(_reads_layer, ".gpkg"), _broken_database),
}


def main() -> None:
    """Run attacks and print their outcomes, one to a line."""
    from geogrid.errors import GeogridError  # noqa: F401 - loaded before the clock runs

    *asked, seed, folder = sys.argv[1:]
    for kind, n in zip(asked[::2], asked[1::2], strict=True):
        outcome = attack(kind, int(n), int(seed), Path(folder))
        sys.stdout.write(json.dumps(asdict(outcome)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
