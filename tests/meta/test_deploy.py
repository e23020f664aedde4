"""Laws of what puts the service onto a server: every name in it is there."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import subprocess
import tarfile

import pytest

from geogrid_api.settings import PREFIX, Settings


@pytest.fixture
def deploy(root):
    return root / "api/deploy"


@pytest.fixture
def bundle(deploy):
    spec = importlib.util.spec_from_file_location("bundle", deploy / "bundle.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pins(lock):
    return set(re.findall(r"^[A-Za-z0-9._-]+==[^ ;\\]+", lock.read_text(), flags=re.MULTILINE))


def test_every_setting_of_the_sample_is_one(deploy):
    named = re.findall(rf"^#?{PREFIX}(\w+)=", (deploy / "geogrid.env").read_text(), re.MULTILINE)
    known = {name.upper() for name in Settings.model_fields}
    assert named
    assert set(named) <= known


def test_the_container_copies_what_is_there(root, deploy):
    lines = re.findall(
        r"^COPY (?!--from)(.+)$", (deploy / "Containerfile").read_text(), re.MULTILINE
    )
    sources = [word for line in lines for word in line.split()[:-1]]
    assert sources
    assert not [path for path in sources if not (root / path).exists()]


def test_the_container_is_nobody_special(deploy):
    text = (deploy / "Containerfile").read_text()
    last = text.rpartition("\nFROM ")[2]
    assert re.search(r"^USER \d+$", last, re.MULTILINE)
    assert "build" not in last.partition("\n")[0]


def test_the_archive_holds_what_its_instructions_name(bundle, deploy, root):
    there = {f"deploy/{name}" for name in bundle.DEPLOY}
    there |= set(bundle.DOCS)
    told = set(re.findall(r"\b(?:deploy|docs)/[\w./-]+\w", (deploy / "INSTALL.md").read_text()))
    assert told <= there
    assert {name for name in told if name.startswith("docs/")}
    assert not [name for name in bundle.DEPLOY if not (deploy / name).is_file()]
    assert not [name for name in bundle.DOCS if not (root / name).is_file()]


def test_the_archive_pins_what_the_demo_pins_and_postgresql(root):
    demo, archive = (root / "requirements" / f"{name}.lock" for name in ("demo", "bundle"))
    assert pins(demo) < pins(archive)
    assert {pin.partition("==")[0] for pin in pins(archive) - pins(demo)} == {
        "psycopg",
        "psycopg-binary",
    }


def test_wheels_of_other_systems_are_not_missed(bundle, tmp_path):
    lock = tmp_path / "some.lock"
    lock.write_text(
        "Some_Thing==1.0 \\\n    --hash=sha256:00\n"
        "colorama==0.4 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n"
        "uvloop==0.2 ; sys_platform != 'win32' \\\n    --hash=sha256:00\n"
    )
    assert bundle.locked_names(lock) == ["some-thing", "uvloop"]


def test_the_same_files_give_the_same_archive_and_every_hash_stands_in_it(bundle, tmp_path):
    made = []
    for turn in ("one", "two"):
        top = tmp_path / turn / "geogrid-1"
        (top / "wheels").mkdir(parents=True)
        (top / "wheels/a.whl").write_bytes(b"a")
        (top / "install.sh").write_text("echo")
        bundle.write_sums(top)
        made.append(bundle.pack(top, tmp_path / f"{turn}.tar.gz"))
    assert made[0].read_bytes() == made[1].read_bytes()
    with tarfile.open(made[0]) as tar:
        sums = tar.extractfile("geogrid-1/SHA256SUMS").read().decode()
        assert tar.getmember("geogrid-1/install.sh").mode & 0o111
    assert f"{hashlib.sha256(b'a').hexdigest()}  wheels/a.whl" in sums
    assert not list(tmp_path.glob("*.part"))


def test_the_installer_reads_as_a_script_and_refuses_a_changed_archive(deploy, tmp_path):
    shutil.copy(deploy / "install.sh", tmp_path)
    subprocess.run(["sh", "-n", tmp_path / "install.sh"], check=True)
    (tmp_path / "bundle.lock").write_text("changed")
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  bundle.lock\n")
    done = subprocess.run(
        ["sh", tmp_path / "install.sh", tmp_path / "there"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert not (tmp_path / "there").exists()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_the_units_and_finds_them_tight(deploy, tmp_path):
    names = ["geogrid.service", "geogrid-backup.service", "geogrid-backup.timer"]
    for name in names:
        text = (deploy / name).read_text()
        # the program is only there once it is installed
        (tmp_path / name).write_text(text.replace("/opt/geogrid/venv/bin/geogrid", "/bin/true"))
    units = [tmp_path / name for name in names]
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=20", units[0]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert rated.returncode == 0, rated.stdout[-2_000:]
