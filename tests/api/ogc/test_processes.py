"""OGC API - Processes 1.0 (18-062r2): one test for every requirement of the declared classes.

Declared: core, ogc-process-description, json, job-list, dismiss. Requirements about inputs
and outputs that `layout` does not have (arrays, binary values, boxes) are shown by what it
describes and refuses; those of the API definition stand with that of the whole service.
"""

from __future__ import annotations

import datetime as dt
import email
import json

import pytest

from geogrid_api.jobs import run_job
from geogrid_api.layout_process import INPUTS, OUTPUTS
from geogrid_api.processes import CONFORMANCE
from geogrid_api.routes import processes as routes

SPEC = "http://www.opengis.net/spec/ogcapi-processes-1/1.0"
EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"
LAYOUT = "/processes/layout"
EXECUTE = f"{LAYOUT}/execution"
ASYNC = {"Prefer": "respond-async"}
ORDER = {"inputs": {"base": 1, "grids": 6}}

COVERED = {}


def requirement(name):
    """Mark a test with the requirement that it shows."""

    def mark(test):
        COVERED.setdefault(name, []).append(test.__name__)
        return test

    return mark


# every requirement of the declared classes, as the standard numbers them
REQUIREMENTS = set(
    """
core/landingpage-op core/landingpage-success core/api-definition-op core/api-definition-success
core/conformance-op core/conformance-success core/http core/process-list core/pl-limit-definition
core/pl-limit-response core/process-list-success core/pl-links core/process core/process-success
core/process-exception/no-such-process core/process-execute-op core/process-execute-request
core/process-execute-inputs core/process-execute-input-array
core/process-execute-input-inline-object core/process-execute-input-mixed-type
core/process-execute-input-inline-binary core/process-execute-input-inline-bbox
core/process-execute-input-validation core/process-execute-default-execution-mode
core/process-execute-auto-execution-mode core/process-execute-default-outputs
core/process-execute-sync-raw-value-one core/process-execute-sync-raw-value-multi
core/process-execute-sync-raw-ref core/process-execute-sync-raw-mixed-multi
core/process-execute-sync-document core/process-execute-success-async core/job core/job-success
core/job-exception-no-such-job core/job-results core/job-results-success-sync
core/job-results-async-raw-value-one core/job-results-async-raw-value-multi
core/job-results-async-raw-ref core/job-results-async-raw-mixed-multi
core/job-results-async-document core/job-results-exception/no-such-job
core/job-results-exception/results-not-ready core/job-results-failed
ogc-process-description/json-encoding ogc-process-description/inputs-def
ogc-process-description/input-def ogc-process-description/input-mixed-type
ogc-process-description/outputs-def ogc-process-description/output-def
ogc-process-description/output-mixed-type
json/definition
job-list/job-list-op job-list/type-definition job-list/type-response job-list/processID-mandatory
job-list/processID-definition job-list/processid-response job-list/status-definition
job-list/status-response job-list/datetime-definition job-list/datetime-response
job-list/duration-definition job-list/duration-response job-list/jl-limit-definition
job-list/jl-limit-response job-list/job-list-success job-list/links
dismiss/job-dismiss-op dismiss/job-dismiss-success
""".split()  # noqa: SIM905 - a list of a hundred lines is no better
)


@pytest.fixture(autouse=True)
def no_runner(monkeypatch):
    """Let a caller who waits do the job at once: no runner stands beside these tests."""
    monkeypatch.setattr(routes, "PATIENCE_S", 0.0)


@pytest.fixture(autouse=True)
def quick(request, monkeypatch, two_plan):
    """Let the layout be there already, but for tests of the work itself."""
    if "really" not in request.keywords:
        monkeypatch.setattr("geogrid.governance.again.plan_again", lambda *_, **__: two_plan)


@pytest.fixture
def run(house):
    """Return a function that orders a layout, runs it, and gives the job's address."""

    def order(body=ORDER):
        answer = house.planner.post(EXECUTE, body, headers=ASYNC)
        assert answer.status_code == 201, answer.text
        job = house.store.claim_job("runner", job_id=answer.json()["jobID"])
        run_job(house.store, job)
        return f"/jobs/{job.job_id}"

    return order


def wish(**outputs):
    """Return an order with these outputs, each with its way of transmission."""
    return {
        **ORDER,
        "outputs": {name: {"transmissionMode": way} for name, way in outputs.items()},
    }


def parts_of(answer):
    """Return the parts of a multipart answer by their Content-ID."""
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n"
    message = email.message_from_bytes(head.encode() + answer.content)
    assert message.get_content_type() == "multipart/related"
    return {part["Content-ID"].strip("<>"): part for part in message.get_payload()}


def parameters(document, path):
    """Return what can be asked at an address, by name."""
    found = {}
    for told in document["paths"][path]["get"]["parameters"]:
        one = told
        if "$ref" in told:
            one = document["components"]["parameters"][told["$ref"].rpartition("/")[2]]
        found[one["name"]] = one
    return found


@requirement("core/landingpage-op")
@requirement("core/landingpage-success")
def test_the_landing_page_leads_to_the_processes(house):
    answer = house.anonymous.get("/", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    links = {link["rel"]: link["href"] for link in answer.json()["links"]}
    assert links["http://www.opengis.net/def/rel/ogc/1.0/processes"].endswith("/processes")
    assert links["http://www.opengis.net/def/rel/ogc/1.0/job-list"].endswith("/jobs")


@requirement("core/api-definition-op")
@requirement("core/api-definition-success")
def test_the_definition_names_every_address(house):
    answer = house.anonymous.get("/api", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert answer.status_code == 200
    document = answer.json()
    assert document["openapi"].startswith("3.0")
    for path in ("/processes", "/jobs", "/jobs/{job_id}", "/jobs/{job_id}/results"):
        assert "get" in document["paths"][path], path
    assert "delete" in document["paths"]["/jobs/{job_id}"]
    assert "post" in document["paths"]["/processes/{process_id}/execution"]


@requirement("core/conformance-op")
@requirement("core/conformance-success")
def test_what_is_declared_is_what_is_tested_here(house):
    answer = house.anonymous.get("/conformance", headers={"Accept": "application/json"})
    declared = {uri for uri in answer.json()["conformsTo"] if uri.startswith(SPEC)}
    assert declared == set(CONFORMANCE)
    assert {uri.removeprefix(f"{SPEC}/conf/") for uri in declared} == {
        *("core", "ogc-process-description", "json", "oas30", "job-list", "dismiss")
    }


@requirement("core/http")
def test_status_codes_are_those_of_http(house):
    assert house.anonymous.get("/processes").http_version == "HTTP/1.1"
    refused = house.planner.ask("PUT", "/jobs")
    assert refused.status_code == 405
    assert "GET" in refused.headers["allow"]
    assert house.planner.ask("HEAD", "/jobs").content == b""
    assert house.planner.get("/processes/layout/nothing").status_code == 404


@requirement("core/process-list")
@requirement("core/process-list-success")
@requirement("core/pl-links")
def test_the_list_of_processes(house):
    answer = house.anonymous.get("/processes")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    (summary,) = answer.json()["processes"]
    assert {"id", "version", "jobControlOptions", "outputTransmission"} <= set(summary)
    assert "inputs" not in summary
    assert [link["rel"] for link in answer.json()["links"]] == ["self"]
    (own,) = [link["href"] for link in summary["links"] if link["rel"] == "self"]
    assert house.anonymous.get(own).json()["id"] == summary["id"]


@requirement("core/pl-limit-definition")
@requirement("core/pl-limit-response")
def test_the_list_is_limited(house):
    assert len(house.anonymous.get("/processes?limit=1").json()["processes"]) == 1
    for wrong in ("0", "-1", "x", "1.5", ""):
        assert house.anonymous.get(f"/processes?limit={wrong}").status_code == 400, wrong
    document = house.anonymous.get("/api").json()
    limit = parameters(document, "/processes")["limit"]
    assert limit["schema"]["type"] == "integer"
    assert (limit["in"], limit["schema"]["minimum"]) == ("query", 1)


@requirement("core/process")
@requirement("core/process-success")
@requirement("ogc-process-description/json-encoding")
@requirement("json/definition")
def test_the_description(house):
    answer = house.anonymous.get(LAYOUT)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    told = answer.json()
    assert told["jobControlOptions"] == ["sync-execute", "async-execute", "dismiss"]
    assert told["outputTransmission"] == ["value", "reference"]
    (execute,) = [link["href"] for link in told["links"] if link["rel"].endswith("/execute")]
    assert execute.endswith(EXECUTE)


@requirement("core/process-exception/no-such-process")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_process(house, method):
    address = "/processes/nothing" + ("/execution" if method == "POST" else "")
    answer = house.planner.ask(method, address, json=ORDER if method == "POST" else None)
    assert answer.status_code == 404
    assert answer.json()["type"] == f"{EXCEPTIONS}/no-such-process"
    assert answer.headers["content-type"] == "application/problem+json"


@requirement("ogc-process-description/inputs-def")
@requirement("ogc-process-description/input-def")
def test_every_input_has_a_schema(house):
    inputs = house.anonymous.get(LAYOUT).json()["inputs"]
    assert set(inputs) == set(INPUTS)
    for name, told in inputs.items():
        assert told["title"], name
        assert told["description"], name
        assert told["schema"]["type"] in {"integer", "number", "string", "boolean", "object"}


@requirement("ogc-process-description/input-mixed-type")
@requirement("ogc-process-description/output-mixed-type")
def test_nothing_is_of_mixed_type(house):
    told = house.anonymous.get(LAYOUT).json()
    for one in [*told["inputs"].values(), *told["outputs"].values()]:
        assert "oneOf" not in one["schema"]


@requirement("ogc-process-description/outputs-def")
@requirement("ogc-process-description/output-def")
def test_every_output_has_a_schema(house):
    outputs = house.anonymous.get(LAYOUT).json()["outputs"]
    assert set(outputs) == {"plan", "report"} == set(OUTPUTS)
    assert all(told["schema"]["type"] == "object" for told in outputs.values())


@requirement("core/process-execute-op")
@requirement("core/process-execute-default-execution-mode")
@pytest.mark.really
def test_without_a_preference_the_caller_waits(house):
    answer = house.planner.post(EXECUTE, ORDER)
    assert answer.status_code == 200, answer.text
    assert "Preference-Applied" not in answer.headers


@requirement("core/process-execute-auto-execution-mode")
def test_who_prefers_not_to_wait_does_not(house):
    answer = house.planner.post(EXECUTE, ORDER, headers={"Prefer": "wait=5, respond-async"})
    assert answer.status_code == 201
    assert answer.headers["preference-applied"] == "respond-async"
    other = house.planner.post(EXECUTE, ORDER, headers={"Prefer": "return=minimal"})
    assert other.status_code == 200


@requirement("core/process-execute-request")
@pytest.mark.parametrize(
    "body",
    [
        [],
        "layout",
        {"inputs": []},
        {"inputs": {"grids": 6, "base": 1}, "mode": "sync"},
        {"inputs": {"grids": 6, "base": 1}, "response": "xml"},
        {"inputs": {"grids": 6, "base": 1}, "outputs": {"map": {}}},
        {"inputs": {"grids": 6, "base": 1}, "outputs": {"plan": {"transmissionMode": "mail"}}},
        {"inputs": {"grids": 6}, "subscriber": {"successUri": "http://example.org"}},
    ],
)
def test_an_order_that_is_none(house, body):
    assert house.planner.post(EXECUTE, body).status_code == 400
    assert house.store.jobs_of() == []


@requirement("core/process-execute-inputs")
def test_inputs_come_inline_or_as_a_link_to_a_plan_of_ours(house):
    linked = {"inputs": {"base": {"href": "http://testserver/plans/1"}, "grids": {"value": 6}}}
    assert house.planner.post(EXECUTE, linked, headers=ASYNC).status_code == 201
    for href in ("http://example.org/plans/1", "file:///etc/passwd", "/plans/1;x", "/plans/9" * 9):
        order = {"inputs": {"base": {"href": href}, "grids": 6}}
        assert house.planner.post(EXECUTE, order, headers=ASYNC).status_code == 400, href
    order = {"inputs": {"base": 1, "grids": {"href": "http://example.org"}}}
    assert house.planner.post(EXECUTE, order, headers=ASYNC).status_code == 400


@requirement("core/process-execute-input-array")
def test_no_input_takes_more_than_one_value(house):
    inputs = house.anonymous.get(LAYOUT).json()["inputs"]
    assert all(told["maxOccurs"] == 1 for told in inputs.values())
    answer = house.planner.post(EXECUTE, {"inputs": {"base": 1, "grids": [6]}})
    assert answer.status_code == 400
    assert "not a list" in answer.json()["detail"]


@requirement("core/process-execute-input-inline-object")
@requirement("core/process-execute-input-mixed-type")
def test_an_object_comes_as_a_qualified_value_or_as_itself(house):
    rules = {"partition": {"balance_m": 400.0}}
    for given in (rules, {"value": rules, "mediaType": "application/json"}):
        order = {"inputs": {"base": 1, "grids": 6, "rules": given}}
        answer = house.planner.post(EXECUTE, order, headers=ASYNC)
        job = house.store.job(answer.json()["jobID"])
        assert job.inputs["inputs"]["rules"] == rules


@requirement("core/process-execute-input-inline-binary")
@requirement("core/process-execute-input-inline-bbox")
def test_there_is_no_binary_input_and_no_box(house):
    for told in house.anonymous.get(LAYOUT).json()["inputs"].values():
        assert "contentEncoding" not in told["schema"]
        assert "bbox" not in json.dumps(told["schema"])


@requirement("core/process-execute-input-validation")
@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"base": 1},
        {"base": 1, "grids": 6, "households_per_grid": 400},
        {"base": 1, "grids": 0},
        {"base": 1, "grids": "6"},
        {"base": 1, "grids": 6.5},
        {"base": 1, "grids": True},
        {"base": -1, "grids": 6},
        {"base": 1, "households_per_grid": 0},
        {"base": 1, "grids": 6, "seed": -1},
        {"base": 1, "grids": 6, "bridge": "yes"},
        {"base": 1, "grids": 6, "weight": "../x"},
        {"base": 1, "grids": 6, "time_limit": 1e9},
        {"base": 1, "grids": 6, "time_limit": 3600},
        {"base": 1, "grids": 6, "title": ""},
        {"base": 1, "grids": 6, "rules": {"partition": {"low": 2}}},
        {"base": 1, "grids": 6, "rules": {"nothing": {}}},
        {"base": 1, "grids": 6, "rules": 3},
        {"base": 1, "grids": 6, "url": "http://example.org"},
        {"grids": 6, "district": "a b"},
    ],
)
def test_inputs_that_do_not_fit(house, inputs):
    answer = house.planner.post(EXECUTE, {"inputs": inputs})
    assert answer.status_code == 400, answer.text
    assert house.store.jobs_of() == []


def test_what_is_described_is_what_is_checked(house):
    for name, told in house.anonymous.get(LAYOUT).json()["inputs"].items():
        if "default" in told["schema"]:
            assert (
                INPUTS[name].kind.validate_python(told["schema"]["default"]) == INPUTS[name].default
            )


@requirement("core/process-execute-default-outputs")
def test_who_names_no_output_gets_all(house):
    parts = parts_of(house.planner.post(EXECUTE, ORDER))
    assert set(parts) == set(OUTPUTS)


@requirement("core/process-execute-sync-raw-value-one")
def test_one_value_is_the_body(house):
    answer = house.planner.post(EXECUTE, wish(plan="value"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    plan = answer.json()
    assert (plan["n_grids"], plan["status"]) == (6, "optimal")
    assert house.planner.get(plan["href"]).json()["title"] == plan["title"]


@requirement("core/process-execute-sync-raw-value-multi")
def test_several_values_are_parts(house):
    parts = parts_of(house.planner.post(EXECUTE, wish(plan="value", report="value")))
    assert json.loads(parts["plan"].get_payload())["n_grids"] == 6
    report = json.loads(parts["report"].get_payload(decode=True))
    assert report["gap"] == 0


@requirement("core/process-execute-sync-raw-ref")
def test_references_are_links(house):
    answer = house.planner.post(EXECUTE, wish(plan="reference", report="reference"))
    assert answer.status_code == 204
    assert answer.content == b""
    links = [link for link in answer.headers["link"].split(", ") if "title=" in link]
    assert len(links) == 2
    for link in links:
        address = link.partition("<")[2].partition(">")[0]
        assert house.planner.get(address).status_code == 200


@requirement("core/process-execute-sync-raw-mixed-multi")
def test_values_and_references_are_parts(house):
    parts = parts_of(house.planner.post(EXECUTE, wish(plan="value", report="reference")))
    assert json.loads(parts["plan"].get_payload())["n_grids"] == 6
    assert parts["report"].get_payload().strip() == ""
    found = house.planner.get(parts["report"]["Content-Location"])
    assert found.json()["status"] == "optimal"


@requirement("core/process-execute-sync-document")
def test_a_document_holds_all(house):
    order = wish(plan="value", report="reference") | {"response": "document"}
    answer = house.planner.post(EXECUTE, order)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert told["plan"]["value"]["n_grids"] == 6
    assert house.planner.get(told["report"]["href"]).json()["status"] == "optimal"


@requirement("core/job-results-success-sync")
def test_the_results_of_one_who_waited_stay(house):
    answer = house.planner.post(EXECUTE, wish(plan="value"))
    monitor = answer.headers["link"].partition("<")[2].partition(">")[0]
    assert 'rel="monitor"' in answer.headers["link"]
    assert house.planner.get(f"{monitor}/results").json() == answer.json()


@requirement("core/process-execute-success-async")
def test_an_order_is_a_job(house):
    answer = house.planner.post(EXECUTE, ORDER, headers=ASYNC)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["status"], told["type"], told["processID"]) == ("accepted", "process", "layout")
    assert answer.headers["location"].endswith(f"/jobs/{told['jobID']}")
    assert house.planner.get(answer.headers["location"]).json()["jobID"] == told["jobID"]


@requirement("core/job")
@requirement("core/job-success")
def test_a_job_tells_how_far_it_is(house, run):
    answer = house.planner.get(run())
    assert answer.status_code == 200
    told = answer.json()
    assert {"jobID", "type", "status", "created", "started", "finished", "updated"} <= set(told)
    assert (told["status"], told["progress"]) == ("successful", 100)
    (results,) = [link["href"] for link in told["links"] if link["rel"].endswith("/results")]
    assert house.planner.get(results).status_code == 200


@requirement("core/job-exception-no-such-job")
def test_an_unknown_job(house, run):
    answer = house.planner.get("/jobs/nothing")
    assert answer.status_code == 404
    assert answer.json()["type"] == f"{EXCEPTIONS}/no-such-job"
    # a job of somebody else's is unknown as well, in the same words
    other = house.planner2.get(run())
    assert other.status_code == 404
    assert other.json()["detail"] == answer.json()["detail"]


@requirement("core/job-results")
@requirement("core/job-results-async-raw-value-one")
def test_later_one_value_is_the_body(house, run):
    answer = house.planner.get(run(wish(report="value")) + "/results")
    assert answer.status_code == 200
    assert answer.json()["status"] == "optimal"


@requirement("core/job-results-async-raw-value-multi")
def test_later_several_values_are_parts(house, run):
    assert set(parts_of(house.planner.get(run() + "/results"))) == set(OUTPUTS)


@requirement("core/job-results-async-raw-ref")
def test_later_references_are_links(house, run):
    answer = house.planner.get(run(wish(plan="reference")) + "/results")
    assert answer.status_code == 204
    assert "/results/plan>" in answer.headers["link"]


@requirement("core/job-results-async-raw-mixed-multi")
def test_later_values_and_references_are_parts(house, run):
    answer = house.planner.get(run(wish(plan="reference", report="value")) + "/results")
    assert parts_of(answer)["plan"]["Content-Location"].endswith("/results/plan")


@requirement("core/job-results-async-document")
def test_later_a_document_holds_all(house, run):
    answer = house.planner.get(run(ORDER | {"response": "document"}) + "/results")
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == set(OUTPUTS)


@requirement("core/job-results-exception/no-such-job")
def test_the_results_of_an_unknown_job(house):
    answer = house.planner.get("/jobs/nothing/results")
    assert answer.status_code == 404
    assert answer.json()["type"] == f"{EXCEPTIONS}/no-such-job"


@requirement("core/job-results-exception/results-not-ready")
def test_results_that_are_not_ready(house):
    made = house.planner.post(EXECUTE, ORDER, headers=ASYNC).json()
    answer = house.planner.get(f"/jobs/{made['jobID']}/results")
    assert answer.status_code == 404
    assert answer.json()["type"] == f"{EXCEPTIONS}/result-not-ready"


@requirement("core/job-results-failed")
@pytest.mark.really
def test_the_results_of_a_job_that_failed(house, run):
    job = run({"inputs": {"base": 1, "grids": 5_000}})
    told = house.planner.get(job).json()
    assert told["status"] == "failed"
    answer = house.planner.get(f"{job}/results")
    assert answer.status_code in {400, 409}
    assert answer.json()["type"] == f"{EXCEPTIONS}/job-failed"
    assert answer.json()["detail"] == told["message"]
    # who waits is told at once
    waited = house.planner.post(EXECUTE, {"inputs": {"base": 1, "grids": 5_000}})
    assert waited.status_code == answer.status_code


@pytest.fixture
def three(house, run):
    """Return the names of three jobs: done after a minute's run, accepted, dismissed."""
    done = run().rpartition("/")[2]
    house.clock.pass_time(days=1)
    names = [done]
    for _ in range(2):
        made = house.planner.post(EXECUTE, ORDER, headers=ASYNC).json()
        names.append(made["jobID"])
        house.clock.pass_time(days=1)
    house.store.dismiss_job(names[2])
    return names


def listed(house, query=""):
    answer = house.planner.get(f"/jobs{query}")
    assert answer.status_code == 200, answer.text
    return [job["jobID"] for job in answer.json()["jobs"]]


def parameter(house, name):
    """Return a parameter of the list of jobs as the definition has it."""
    one = parameters(house.anonymous.get("/api").json(), "/jobs")[name]
    assert one["in"] == "query"
    assert not one.get("required")
    return one["schema"]


@requirement("job-list/job-list-op")
@requirement("job-list/job-list-success")
@requirement("job-list/processID-mandatory")
def test_the_list_of_jobs(house, three):
    answer = house.planner.get("/jobs")
    assert answer.status_code == 200
    told = answer.json()
    assert [job["jobID"] for job in told["jobs"]] == [three[2], three[1], three[0]]
    assert {job["processID"] for job in told["jobs"]} == {"layout"}
    assert house.planner2.get("/jobs").json()["jobs"] == []


@requirement("job-list/type-definition")
@requirement("job-list/type-response")
def test_jobs_by_type(house, three):
    assert parameter(house, "type")
    assert set(listed(house, "?type=process")) == set(three)
    assert listed(house, "?type=query") == []


@requirement("job-list/processID-definition")
@requirement("job-list/processid-response")
def test_jobs_by_process(house, three):
    assert parameter(house, "processID")
    assert set(listed(house, "?processID=layout,other")) == set(three)
    assert listed(house, "?processID=other") == []


@requirement("job-list/status-definition")
@requirement("job-list/status-response")
def test_jobs_by_status(house, three):
    assert parameter(house, "status")
    assert listed(house, "?status=successful") == [three[0]]
    assert listed(house, "?status=accepted,dismissed") == [three[2], three[1]]
    assert house.planner.get("/jobs?status=lost").status_code == 400


@requirement("job-list/datetime-definition")
@requirement("job-list/datetime-response")
def test_jobs_by_their_moment(house, three):
    assert parameter(house, "datetime")
    assert listed(house, "?datetime=2026-03-01T00:00:00Z/2026-03-01T12:00:00Z") == [three[0]]
    assert listed(house, "?datetime=../2026-03-02T12:00:00Z") == [three[1], three[0]]
    assert listed(house, "?datetime=2026-03-03T00:00:00Z/..") == [three[2]]
    assert listed(house, "?datetime=2026-03-02T04:00:00Z") == [three[1]]
    for wrong in ("yesterday", "2026-03-02/2026-03-01", "a/b/c", "/x", "2026-13-01"):
        assert house.planner.get(f"/jobs?datetime={wrong}").status_code == 400, wrong


@requirement("job-list/duration-definition")
@requirement("job-list/duration-response")
def test_jobs_by_how_long_they_ran(house):
    assert parameter(house, "minDuration")
    assert parameter(house, "maxDuration")
    for seconds in (10, 100):
        job = house.planner.post(EXECUTE, ORDER, headers=ASYNC).json()["jobID"]
        claimed = house.store.claim_job("runner", job_id=job)
        house.clock.moment += dt.timedelta(seconds=seconds)
        house.store.finish_job(claimed, error="stopped")
    waiting = house.planner.post(EXECUTE, ORDER, headers=ASYNC).json()["jobID"]
    assert len(listed(house, "?minDuration=10")) == 2
    assert len(listed(house, "?minDuration=11")) == 1
    assert len(listed(house, "?minDuration=5&maxDuration=20")) == 1
    assert waiting not in listed(house, "?maxDuration=1000")


@requirement("job-list/jl-limit-definition")
@requirement("job-list/jl-limit-response")
@requirement("job-list/links")
def test_the_list_of_jobs_is_paged(house, three):
    schema = parameter(house, "limit")
    assert (schema["minimum"], schema["maximum"], schema["default"]) == (1, 1000, 10)
    seen, address = [], "/jobs?limit=1&type=process"
    while address:
        page = house.planner.get(address).json()
        assert len(page["jobs"]) == 1
        seen += [job["jobID"] for job in page["jobs"]]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        address = following[0] if following else None
    assert seen == [three[2], three[1], three[0]]


@requirement("dismiss/job-dismiss-op")
@requirement("dismiss/job-dismiss-success")
def test_a_job_that_waits_is_dismissed(house):
    job = house.planner.post(EXECUTE, ORDER, headers=ASYNC).json()["jobID"]
    assert house.planner2.ask("DELETE", f"/jobs/{job}").status_code == 404
    answer = house.planner.ask("DELETE", f"/jobs/{job}")
    assert answer.status_code == 200
    assert answer.json()["status"] == "dismissed"
    assert house.planner.get(f"/jobs/{job}/results").status_code == 410
    assert house.store.claim_job("runner") is None


def test_a_draft_is_started_from_a_jobs_outcome(house, run):
    name = run().rpartition("/")[2]
    made = house.planner.post("/plans", {"job": name, "title": "由作业生成"})
    assert made.status_code == 201
    assert house.planner2.post("/plans", {"job": name, "title": "甲"}).status_code == 404


def test_every_requirement_has_its_test():
    assert set(COVERED) == REQUIREMENTS
