"""The commands that the READMEs show do what they say, in the order they stand there."""

from __future__ import annotations

import re
import shlex

import pytest


def tour(page):
    """Return the geogrid commands of a page's shell blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("geogrid ")]


def test_both_readmes_show_the_same_commands(root):
    pages = [tour((root / name).read_text("utf-8")) for name in ("README.md", "README.zh.md")]
    assert pages[0] == pages[1]
    assert len(pages[0]) >= 8


@pytest.mark.slow
def test_the_tour_runs_from_end_to_end(root, run_cli, tmp_path):
    commands = tour((root / "README.md").read_text("utf-8"))
    for words in commands:
        if words[0] != "serve":
            run_cli(*words, cwd=tmp_path)
    assert (tmp_path / "map.html").stat().st_size > 100_000
