"""The Markdown pages, taken apart: fenced blocks, links, headings and their anchors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_FENCE = re.compile(
    r"^(?P<bar>`{3,})(?P<tongue>[^`\n]*)\n(?P<text>.*?)^(?P=bar)\s*$", re.MULTILINE | re.DOTALL
)
_LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)(?: \"[^\"]*\")?\)")
_HTML = re.compile(r"\b(?:src|href)=\"([^\"]+)\"")
_HEADING = re.compile(r"^#{1,6} (.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """Hold one page of Markdown."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """Return the path below the root, as it is written everywhere."""
        return self.path.relative_to(ROOT).as_posix()

    def fences(self) -> list[tuple[str, int, str]]:
        """Return language, line and text of every fenced block, in order."""
        return [
            (
                found["tongue"].strip(),
                self.text.count("\n", 0, found.start("text")) + 1,
                found["text"],
            )
            for found in _FENCE.finditer(self.text)
        ]

    def blocks(self, tongue: str) -> list[tuple[int, str]]:
        """Return the line and the text of every block fenced for one language."""
        return [(line, text) for found, line, text in self.fences() if found == tongue]

    @property
    def prose(self) -> str:
        """Return the page without its fenced blocks."""
        return _FENCE.sub("", self.text)

    def links(self) -> list[str]:
        """Return where the page leads to, pictures included."""
        prose = re.sub(r"`[^`\n]+`", "", self.prose)
        return [*_LINK.findall(prose), *_HTML.findall(prose)]

    def anchors(self) -> set[str]:
        """Return what a link into the page may name, as code hosts and MyST make it of headings."""
        found: set[str] = set()
        for heading in _HEADING.findall(self.prose):
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
            slug = re.sub(r"[^\w\- ]", "", plain.strip().lower()).replace(" ", "-")
            number = next(n for n in range(99) if (f"{slug}-{n}" if n else slug) not in found)
            found.add(f"{slug}-{number}" if number else slug)
        return found


def read_pages(*, with_notes: bool = True) -> list[Page]:
    """Return every page: the READMEs of the root and all of ``docs``, in order."""
    paths = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if with_notes:
        paths += [ROOT / "data/README.md", *(ROOT / "api").glob("deploy/*.md")]
    return [Page(path, path.read_text(encoding="utf-8")) for path in sorted(paths)]
