"""How colours look to people with deuteranopia, and how far two colours lie apart.

Independent of the library: published matrices and formulas only.
"""

from __future__ import annotations

import numpy as np

# Machado, Oliveira and Fernandes (2009), doi:10.1109/TVCG.2009.113: full severity, linear RGB
DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
# IEC 61966-2-1: linear RGB to XYZ, and its white
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = TO_XYZ.sum(axis=1)


def linear(colour):
    values = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """Return CIE L*a*b* of linear RGB."""
    share = TO_XYZ @ rgb / WHITE
    cubed = np.where(share > (6 / 29) ** 3, np.cbrt(share), share / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * cubed[1] - 16, 500 * (cubed[0] - cubed[1]), 200 * (cubed[1] - cubed[2])])


def apart(one, other, *, deuteranopia=False):
    """Return CIE 1976 delta E of two colours, ``#rrggbb`` each."""
    seen = []
    for colour in (one, other):
        rgb = linear(colour)
        if deuteranopia:
            rgb = np.clip(DEUTERANOPIA @ rgb, 0, 1)
        seen.append(lab(rgb))
    return float(np.linalg.norm(seen[0] - seen[1]))
