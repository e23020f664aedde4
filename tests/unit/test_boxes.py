"""Boxes: whatever numbers come, a shape or a refusal."""

import itertools

import pytest

from geogrid.errors import InputError
from geogrid.publish.boxes import box_shape
from geogrid.publish.systems import SYSTEMS

ODD = (0.0, 5e-324, 1e-7, -1.7e308, 1.7e308, 1e12, 4e6, 2.4e5, -1e9)


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=lambda system: system.short)
def test_no_box_breaks(system):
    for box in itertools.product(ODD, repeat=4):
        try:
            shape = box_shape(box, system)
        except InputError:
            continue
        assert shape.is_empty in {False, True}


def test_a_thin_box_of_a_projected_system_is_a_box():
    metric = next(s for s in SYSTEMS.values() if not s.is_geographic)
    shape = box_shape((4e6, 5e5, 4e6, 5e5), metric)
    assert not shape.is_empty
