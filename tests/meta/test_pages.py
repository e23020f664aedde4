"""What pages show is so: Python runs, commands parse, JSON and rules can be read.

The convention for whoever writes a page:

- Blocks fenced ``python`` run from top to bottom in one namespace, in a folder of the page's own in
  which ``district.gpkg`` (the sample) and ``plan.gpkg`` (its plan of 349 grids, paired) lie. No
  network. ``geogrid.open("sample")`` is the same sample.
- Blocks fenced ``sh`` hold commands. Those of geogrid must parse; ``make`` targets must exist;
  what else is there is listed below with the reason why it is not run.
- Pages that make their own files (`FOLLOWED`) are followed command by command in an empty folder.
- Blocks fenced ``json`` and ``toml`` can be read; TOML that names tables of rules is rules.
- A block fenced ``text`` right after one of Python, or after a command of geogrid, is what that one
  prints; a line of three dots stands for any lines. (``sample`` and ``plan`` are not run again: the
  files lie there, the plan not yet paired, and its figures are those of ``report``.)
- What cannot run has no language.
- A page in Chinese shows the same Python as the English one beside it, comments and words in
  quotes aside; it is run if anything else differs.
"""

from __future__ import annotations

import ast
import contextlib
import io
import itertools
import json
import re
import shlex
import shutil
import tomllib

import pytest
import typer
from pages import Page, read_pages

from geogrid import cli
from geogrid.governance.rules import rules_from_dict
from geogrid.sources import sample as sample_module

PAGES = read_pages()
FOLLOWED = ("docs/how-to/load-a-ledger.md", "docs/how-to/load-a-ledger.zh.md")
COMMANDS = typer.main.get_command(cli.app)
# commands of others, and why no test runs them here
OTHERS = {
    ".": "enters an environment",
    "cd": "moves on",
    "cp": "installs a service",
    "curl": "asks a service: tests/api runs those of the pages that name $BASE",
    "dask": "starts a cluster: tests/unit/test_workers.py does the same",
    "git": "needs a remote",
    "install": "installs a service",
    "jupyter": "opens a browser",
    "ogr2ogr": "a tool of GDAL, which a user may have",
    "ogrinfo": "a tool of GDAL, which a user may have",
    "pip": "installs packages: tests/meta/test_package.py builds and installs the wheel",
    "python": "makes an environment",
    "sh": "installs a service: tests/meta/test_deploy.py",
    "sudo": "needs a database server",
    "systemctl": "needs systemd",
    "tar": "unpacks the archive: tests/meta/test_deploy.py",
    "useradd": "installs a service",
}


def with_blocks(tongue):
    """Return the pages that hold blocks of one language."""
    return [page for page in PAGES if page.blocks(tongue)]


def code_of(page):
    """Return a page's Python as a syntax tree's words, texts left out: what it does."""
    tree = ast.parse("\n".join(text for _, text in page.blocks("python")))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


def differs_from_english(page):
    """Tell whether a page's Python is more than that of the English page beside it."""
    other = page.path.with_name(page.path.name.replace(".zh.md", ".md"))
    if other == page.path:
        return True
    return code_of(page) != code_of(Page(other, other.read_text(encoding="utf-8")))


RUN = [page for page in with_blocks("python") if differs_from_english(page)]


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_python_of_a_page_runs(page, sample, sample_path, paired_plan_path, tmp_path, monkeypatch):
    shutil.copyfile(sample_path, tmp_path / "district.gpkg")
    shutil.copyfile(paired_plan_path, tmp_path / "plan.gpkg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sample_module, "make_sample", lambda: sample)
    names = {"__name__": "page"}
    said = None
    for tongue, line, text in page.fences():
        if tongue == "python":
            # the line numbers of a failure are those of the page
            code = compile("\n" * (line - 1) + text, str(page.path), "exec")
            with contextlib.redirect_stdout(io.StringIO()) as heard:
                exec(code, names)  # noqa: S102 - our own pages
            said = heard.getvalue()
        elif tongue == "text" and said is not None:
            assert fits(text, said), f"{page.name}, line {line}: it says\n{said}"
        if tongue != "python":
            said = None


def fits(shown, said):
    """Tell whether a page shows what was said; a line of dots stands for any lines."""
    lines = [line.rstrip() for line in shown.strip().splitlines()]
    wanted = "".join(".*" if line.strip() == "..." else re.escape(line) + "\n" for line in lines)
    heard = "".join(line.rstrip() + "\n" for line in said.strip().splitlines())
    return re.fullmatch(wanted, heard, re.DOTALL) is not None


@pytest.mark.slow
def test_commands_say_what_pages_show(run, sample_path, sample_plan_path, tmp_path, monkeypatch):
    shutil.copyfile(sample_path, tmp_path / "district.gpkg")
    shutil.copyfile(sample_plan_path, tmp_path / "plan.gpkg")
    monkeypatch.chdir(tmp_path)
    answers = {}
    for page in with_blocks("sh"):
        if page.name in FOLLOWED:
            continue
        for (tongue, _, block), (after, line, shown) in itertools.pairwise(page.fences()):
            if (tongue, after) != ("sh", "text"):
                continue
            (words,) = commands_of(block)
            if words[1] == "plan":
                words = ["geogrid", "report", words[words.index("--out") + 1]]
            if tuple(words) not in answers:
                answers[tuple(words)] = run(*words[1:])[1]
            said = answers[tuple(words)]
            assert fits(shown, said), f"{page.name}, line {line}: it says\n{said}"
    assert answers


@pytest.mark.slow
@pytest.mark.parametrize("name", FOLLOWED)
def test_a_page_can_be_followed_word_for_word(name, run, sample, tmp_path, monkeypatch):
    (page,) = (page for page in PAGES if page.name == name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sample_module, "make_sample", lambda **_: sample)
    said = None
    for tongue, line, text in page.fences():
        if tongue == "sh":
            for words in commands_of(text):
                code, said, complaint = run(*words[1:])
                assert code == 0, f"{name}, line {line}: {words}: {complaint}"
        elif tongue == "text" and said is not None:
            assert fits(text, said), f"{name}, line {line}: it says\n{said}"
    assert (tmp_path / "map.html").stat().st_size > 100_000


def commands_of(block):
    """Yield the words of every command of a shell block."""
    for line in block.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words = words[1:]
        if words:
            yield words[:-1] if words[-1] == "&" else words


def parse(words):
    """Parse a command of geogrid as the command line would, without running it."""
    command, name = COMMANDS, "geogrid"
    rest = words[1:]
    if rest == ["--help"]:
        return
    while hasattr(command, "commands"):
        assert rest, f"{' '.join(words)} names no command"
        assert rest[0] in command.commands, f"{' '.join(words)}: no command {rest[0]}"
        command, name, rest = command.commands[rest[0]], f"{name} {rest[0]}", rest[1:]
    if not {"--help", "-h"} & set(rest):
        command.make_context(name, list(rest))


@pytest.mark.parametrize("page", with_blocks("sh"), ids=lambda page: page.name)
def test_commands_of_a_page_exist(page, root):
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    for _, block in page.blocks("sh"):
        for words in commands_of(block):
            if words[0] == "geogrid":
                parse(words)
            elif words[0] == "make":
                targets = [word for word in words[1:] if "=" not in word]
                assert all(re.search(rf"^{t}:", makefile, re.MULTILINE) for t in targets), words
            elif words[0] in {"python", "sh"} and "/" in words[1] and words[1][0] != ".":
                assert (root / words[1]).exists(), words
            else:
                assert words[0] in OTHERS, f"{page.name}: {' '.join(words)}: say why it is not run"


def test_options_named_in_a_sentence_exist():
    for page in PAGES:
        for span in re.findall(r"`(geogrid [a-z][^`\n]+)`", page.prose):
            words = span.replace("[", " ").replace("]", " ").replace("|", " ").split()
            command = COMMANDS
            rest = words[1:]
            while hasattr(command, "commands") and rest and rest[0] in command.commands:
                command, rest = command.commands[rest[0]], rest[1:]
            assert command.name or not rest, f"{page.name}: {span}"
            known = {opt for p in command.params for opt in (*p.opts, *p.secondary_opts)}
            named = {word.partition("=")[0].rstrip(",.;") for word in rest if word[:2] == "--"}
            assert named <= known | {"--help"}, f"{page.name}: {span}: no {named - known}"


@pytest.mark.parametrize("page", with_blocks("json"), ids=lambda page: page.name)
def test_json_of_a_page_can_be_read(page):
    for line, text in page.blocks("json"):
        try:
            json.loads(text)
        except ValueError as error:
            pytest.fail(f"{page.name}, line {line}: {error}")


@pytest.mark.parametrize("page", with_blocks("toml"), ids=lambda page: page.name)
def test_rules_of_a_page_can_be_read(page):
    for _, text in page.blocks("toml"):
        rules_from_dict(tomllib.loads(text), where=page.name)
