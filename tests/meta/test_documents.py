"""Laws of the documents: what they promise is there, what is there they tell."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

from geogrid import errors
from geogrid.plans.plan import PLAN_LAYERS


def commands(group, above=()):
    """Yield the words and the Click command of every leaf below a group."""
    for name, command in group.commands.items():
        words = (*above, name)
        if hasattr(command, "commands"):
            yield from commands(command, words)
        else:
            yield words, command


@pytest.fixture(scope="module")
def command_line():
    if find_spec("geogrid.cli") is None:
        pytest.skip("the command line is not written yet")
    import typer

    from geogrid import cli

    return dict(commands(typer.main.get_command(cli.app)))


def test_every_command_has_help_and_so_has_every_option(command_line):
    for words, command in command_line.items():
        assert command.help, f"geogrid {' '.join(words)} has no help"
        for parameter in command.params:
            named = f"geogrid {' '.join(words)}: {parameter.name}"
            assert getattr(parameter, "help", None), f"{named} has no help"


def test_every_command_stands_in_the_reference(command_line, root):
    page = (root / "docs/reference/cli.md").read_text(encoding="utf-8")
    missing = [" ".join(w) for w in command_line if f"geogrid {' '.join(w)}" not in page]
    assert not missing, f"docs/reference/cli.md does not name {missing}"


def test_every_command_of_the_reference_exists(command_line, root):
    page = (root / "docs/reference/cli.md").read_text(encoding="utf-8")
    known = {words[0] for words in command_line}
    headed = set(re.findall(r"^#+ `?geogrid (\w+)", page, flags=re.MULTILINE))
    assert headed <= known, f"docs/reference/cli.md explains what is not there: {headed - known}"


def test_generated_pages_are_up_to_date(root):
    done = subprocess.run(
        [sys.executable, root / "docs/build_reference.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_data_model_names_every_layer_of_a_plan(root):
    page = (root / "docs/reference/data-model.md").read_text(encoding="utf-8")
    assert not [layer for layer in PLAN_LAYERS if f"| `{layer}`" not in page]


def test_every_error_is_drawn_in_the_tree_and_documented(root):
    page = (root / "docs/reference/errors.md").read_text(encoding="utf-8")
    for name in errors.__all__:
        assert name in errors.__doc__, f"{name} is missing in the tree of geogrid.errors"
        assert f"| `{name}` |" in page, f"{name} is missing in docs/reference/errors.md"
        assert getattr(errors, name).__doc__


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_make_targets_of_the_readme_exist(root, page):
    path = root / page
    if not path.exists():
        pytest.skip(f"{page} is not written yet")
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, flags=re.MULTILINE))
    blocks = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", path.read_text("utf-8"), re.DOTALL))
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)", blocks))
    assert named, f"{page} names no make target"
    assert named <= targets, f"{page} names targets that do not exist: {named - targets}"


def test_every_target_is_explained_by_make_help(root):
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE).group(1).split())
    explained = set(re.findall(r"^([a-z]+):.*## ", makefile, flags=re.MULTILINE))
    # steps of other targets, of no use by themselves
    assert phony - explained == {"lint", "system"}


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_what_the_readme_links_to_is_there(root, page):
    linked = re.findall(r"\]\((?!https?:|#)([^)]+)\)", (root / page).read_text("utf-8"))
    assert linked
    assert not [target for target in linked if not (root / target).exists()]


def test_figures_of_the_peers_are_those_of_the_benchmarks(root):
    """The page that compares may round nothing and leave no method better or worse."""

    def rows(text):
        cells = [[c.strip() for c in line.strip("|").split("|")] for line in text.splitlines()]
        return {row[0]: row[1:] for row in cells if len(row) > 6}

    measured = (root / "docs/benchmarks.md").read_text("utf-8").split("## sample")[1]
    measured = rows(measured.split("## synthetic")[0])
    told = rows((root / "docs/explanation/why-not.md").read_text("utf-8"))
    named = set(told) & set(measured)
    assert len(named) == 10
    for name in named:
        cpu, *_, grids, outside, over, cv, walk, _, _ = measured[name]
        exactly, broken, *figures = told[name]
        assert figures == [over, cv, walk, cpu], name
        assert broken == outside.split()[0], name
        assert exactly.removeprefix("no, ").replace("yes", "349") == grids, name
