"""Cut the Chinese font down to what this house prints: all of GBK, Latin, signs and units.

usage: python requirements/fonts/subset.py SOURCE TARGET

The same source gives the same bytes. Layout tables go, hints go; names and licence stay.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset

# the two bytes of GBK; its holes and its private use area decode to nothing that counts
_LEADS, _TRAILS = range(0x81, 0xFF), range(0x40, 0xFF)
_PRIVATE = range(0xE000, 0xF900)
# blocks that pictures and pages draw on beyond GBK, as far as the font has them: Latin,
# punctuation, superscripts, letter-like, number forms, arrows, operators, boxes, shapes, CJK signs
_BLOCKS = (
    range(0x0020, 0x0180),
    range(0x0370, 0x0400),
    range(0x2000, 0x2070),
    range(0x2070, 0x20D0),
    range(0x2100, 0x2200),
    range(0x2200, 0x2300),
    range(0x2460, 0x2600),
    range(0x2600, 0x2780),
    range(0x3000, 0x3040),
    range(0x3200, 0x3400),
    range(0xFF00, 0xFFF0),
)


def characters() -> set[int]:
    """Return the code points that are kept."""
    found = {point for block in _BLOCKS for point in block}
    for lead in _LEADS:
        for trail in _TRAILS:
            text = bytes([lead, trail]).decode("gbk", errors="ignore")
            found.update(ord(sign) for sign in text)
    return found - set(_PRIVATE)


def main() -> None:
    """Read the font, cut it, write it."""
    source, target = map(Path, sys.argv[1:])
    options = subset.Options(
        hinting=False,
        layout_features=[],
        # names and copyright travel with the font, as its licence asks
        name_IDs=["*"],
        notdef_outline=True,
        recalc_timestamp=False,
        drop_tables=["BASE", "GDEF", "GPOS", "GSUB", "STAT", "vhea", "vmtx", "VORG", "DSIG"],
    )
    font = subset.load_font(str(source), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters())
    cutter.subset(font)
    subset.save_font(font, str(target), options)


if __name__ == "__main__":
    main()
