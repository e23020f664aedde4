"""Every requirement of every class that the service declares is claimed by a test.

The identifiers are those of the standards: OGC 17-069r4 (Features, Part 1), 18-058r1 (Part 2),
19-079r2 (Part 3) and 21-065r2 (CQL2).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from geogrid_api import ogc

_PART1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
_PART2 = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/"
_PART3 = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"
# what the text and the JSON form state of each class beside themselves
_FORMS = (
    "basic-cql2 advanced-comparison-operators case-insensitive-comparison "
    "accent-insensitive-comparison basic-spatial-functions basic-spatial-functions-plus "
    "spatial-functions property-property"
)
REQUIREMENTS = {
    _PART1 + "core": (
        "root-op root-success api-definition-op api-definition-success conformance-op "
        "conformance-success http query-param-unknown query-param-invalid crs84 fc-md-op "
        "fc-md-success fc-md-links fc-md-items fc-md-items-links fc-md-extent sfc-md-op "
        "sfc-md-success fc-op fc-limit-definition fc-limit-response-1 fc-bbox-definition "
        "fc-bbox-response fc-time-definition fc-time-response fc-response fc-links fc-rel-type "
        "fc-timeStamp fc-numberMatched fc-numberReturned f-op f-success f-links"
    ),
    _PART1 + "oas30": (
        "oas-definition-1 oas-definition-2 oas-impl completeness exception-codes security"
    ),
    _PART1 + "html": "definition content",
    _PART1 + "geojson": "definition content",
    _PART2 + "crs": (
        "crs-uri fc-md-crs-list fc-md-crs-list-global fc-md-storageCrs "
        "fc-md-storageCrs-valid-value fc-bbox-crs-definition fc-bbox-crs-valid-value "
        "fc-bbox-crs-default-value fc-bbox-crs-action fc-crs-definition fc-crs-valid-value "
        "fc-crs-default-value fc-crs-action geojson ogc-crs-header ogc-crs-header-value"
    ),
    _PART3 + "queryables": "queryables-link get-queryables-op get-queryables-response",
    _PART3 + "queryables-query-parameters": "parameters",
    _PART3 + "filter": (
        "filter-param filter-lang-param filter-crs-wgs84 filter-crs-param mixing-expressions "
        "response"
    ),
    _PART3 + "features-filter": (
        "get-queryables-op queryables-link filter-param filter-lang-param filter-crs-param response"
    ),
    _CQL2 + "basic-cql2": "cql2-filter property binary-comparison-predicate null-predicate",
    _CQL2 + "advanced-comparison-operators": "like-predicate between-predicate in-predicate",
    _CQL2 + "case-insensitive-comparison": "casei-function",
    _CQL2 + "accent-insensitive-comparison": "accenti-function",
    _CQL2 + "basic-spatial-functions": "spatial-functions spatial-predicate",
    _CQL2 + "basic-spatial-functions-plus": "spatial-data-types",
    _CQL2 + "spatial-functions": "spatial-functions spatial-data-types",
    _CQL2 + "property-property": "withdraw-permissions",
    _CQL2 + "cql2-text": f"{_FORMS} escaping",
    _CQL2 + "cql2-json": _FORMS,
}


@pytest.fixture(scope="module")
def claimed():
    found = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'^@requirement\("([^"]+)"\)', text, re.MULTILINE))
    return found


def test_the_table_has_every_class_that_is_declared():
    assert set(REQUIREMENTS) == set(ogc.CONFORMANCE)


@pytest.mark.parametrize("uri", list(REQUIREMENTS))
def test_every_requirement_is_claimed_by_a_test(uri, claimed):
    name = uri.rsplit("/", 1)[1]
    stated = {f"/req/{name}/{one}" for one in REQUIREMENTS[uri].split()}
    assert stated <= claimed, f"nobody tests {sorted(stated - claimed)}"


def test_no_test_claims_what_no_standard_states(claimed):
    names = {uri.rsplit("/", 1)[1] for uri in REQUIREMENTS}
    ours = {one for one in claimed if one[:5] == "/req/" and one.split("/")[2] in names}
    stated = {
        f"/req/{uri.rsplit('/', 1)[1]}/{one}"
        for uri, listed in REQUIREMENTS.items()
        for one in listed.split()
    }
    assert ours <= stated, sorted(ours - stated)
