"""Write one archive that installs on a server without a network.

usage: python api/deploy/bundle.py [--out FOLDER] [--python 3.11]

Wheels come by lock file with every hash checked; our own is built here, with the map's
JavaScript inside. The same sources and locks give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "api/deploy"
LOCK = ROOT / "requirements/bundle.lock"
# what `make web` builds, the one file that is written last
WEB = ROOT / "api/geogrid_api/web/index.html"
# what wheels may need of the C library: Debian 12 has 2.36
PLATFORMS = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64")
PLATFORMS += ("manylinux2014_x86_64", "manylinux_2_12_x86_64", "manylinux2010_x86_64")
PLATFORMS += ("manylinux_2_5_x86_64", "manylinux1_x86_64", "linux_x86_64")
DEPLOY = ("geogrid.service", "geogrid-backup.service", "geogrid-backup.timer", "geogrid.env")
DEPLOY += ("nginx.conf",)
# an office without a network reads them from here
DOCS = tuple(f"docs/how-to/{name}.md" for name in ("run-the-service", "locate", "integrate"))
DOCS += tuple(
    f"docs/reference/{name}.md" for name in ("api", "plans-api", "store", "settings", "cli")
)
# no clock: an archive tells what is in it, not when it was packed
_MOMENT = 946_684_800


def main() -> int:
    """Write the archive and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--python", default="3.11")
    given = parser.parse_args()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    name = f"geogrid-{version}-linux-x86_64"
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="geogrid-bundle-") as folder:
        top = Path(folder) / name
        gather(top, python=given.python)
        archive = pack(top, given.out / f"{name}.tar.gz")
    size = archive.stat().st_size / 1e6
    print(f"Wrote {archive} ({size:.0f} MB), SHA-256 {sha256(archive)}.")
    return 0


def gather(top: Path, *, python: str) -> None:
    """Put everything that the archive holds into one folder."""
    wheels = top / "wheels"
    wheels.mkdir(parents=True)
    fetch_wheels(wheels, python=python)
    build_wheel(wheels)
    shutil.copy(LOCK, top / LOCK.name)
    lay_out(top)
    check_complete(top)
    write_sums(top)


def fetch_wheels(wheels: Path, *, python: str) -> None:
    """Download what the lock names, for the server's Python and C library."""
    platforms = [word for name in PLATFORMS for word in ("--platform", name)]
    run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"],
        ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--implementation", "cp"],
        ["--python-version", python, *platforms, "--dest", str(wheels), "-r", str(LOCK)],
    )


def build_wheel(wheels: Path) -> None:
    """Build our own wheel; the web map goes in as it was built."""
    if not WEB.is_file():
        sys.exit("The web map is not built; run `make web` first.")
    run([sys.executable, "-m", "hatchling", "build", "--target", "wheel"], ["-d", str(wheels)])


def lay_out(top: Path) -> None:
    """Copy the instructions, the units and the pages."""
    for name in ("install.sh", "INSTALL.md"):
        shutil.copy(HERE / name, top / name)
    (top / "deploy").mkdir()
    for name in DEPLOY:
        shutil.copy(HERE / name, top / "deploy" / name)
    # where they stand among themselves stays: they link to each other
    for name in DOCS:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, top / name)
    shutil.copy(ROOT / "LICENSE", top / "LICENSE")


def check_complete(top: Path) -> None:
    """Refuse an archive that would not install: every locked name needs its wheel."""
    have = {path.name.partition("-")[0].lower() for path in (top / "wheels").iterdir()}
    missing = [name for name in locked_names(LOCK) if name.replace("-", "_") not in have]
    if missing:
        sys.exit(f"No wheel came for {', '.join(missing)}.")


def locked_names(lock: Path) -> list[str]:
    """Return the names that a lock file holds for this platform."""
    found = re.findall(
        r"^([A-Za-z0-9._-]+)==[^ ;\\]+( ;[^\\\n]*)?", lock.read_text("utf-8"), re.MULTILINE
    )
    foreign = re.compile(r"sys_platform == '(win32|darwin)'|platform_system == 'Windows'")
    return [
        re.sub(r"[._-]+", "-", name).lower() for name, when in found if not foreign.search(when)
    ]


def write_sums(top: Path) -> None:
    """Write the hash of every file beside them."""
    files = sorted(path for path in top.rglob("*") if path.is_file())
    lines = [f"{sha256(path)}  {path.relative_to(top).as_posix()}\n" for path in files]
    (top / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def pack(top: Path, archive: Path) -> Path:
    """Pack a folder, the same bytes every time; the archive appears when it is whole."""
    aside = archive.with_suffix(".part")
    with aside.open("wb") as raw:
        _pack_into(top, raw)
    aside.replace(archive)
    return archive


def _pack_into(top: Path, raw: IO[bytes]) -> None:
    """Write a folder's files in order, owned by nobody, without dates."""
    with (
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in sorted(top.rglob("*")):
            tar.add(path, f"{top.name}/{path.relative_to(top)}", recursive=False, filter=_plain)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who packed and when."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mtime = _MOMENT
    entry.mode = 0o755 if entry.isdir() or entry.name.endswith(".sh") else 0o644
    return entry


def sha256(path: Path) -> str:
    """Return a file's hash."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run(*parts: list[str]) -> None:
    """Run a command; its own words say what went wrong."""
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(_MOMENT)}
    command = [word for part in parts for word in part]
    done = subprocess.run(command, check=False, cwd=ROOT, env=environment)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    sys.exit(main())
