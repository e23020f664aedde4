"""Which coordinate system numbers are in, told by the ground that they must fit.

What enters is points or shapes and the layers whose system is known; what leaves is a detection
with its evidence, for a person to confirm. Nothing here reads files or asks anybody.
"""

from __future__ import annotations

from geogrid.sources.coordinates.detection import detect_layer_system, detect_system
from geogrid.sources.coordinates.evidence import Detection, Evidence
from geogrid.sources.coordinates.ground_truth import Reference
from geogrid.sources.coordinates.naming import weigh_heads

__all__ = [
    "Detection",
    "Evidence",
    "Reference",
    "detect_layer_system",
    "detect_system",
    "weigh_heads",
]
