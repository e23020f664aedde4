"""The service: versions of plans, read by everybody and edited by those who may, over HTTP.

The ways in are `geogrid_api.app.create_app` and `geogrid_api.serve.serve` (by `supervisor`,
`worker`, `protocol`, `runner`). A request passes the `shell` (limits, metrics, log), is told who
asks (`security`, `access`), and is answered in one of two ways:

- reads are rows of a table of `operations`, answered by the `reader` from the `library` of
  `versions` in memory: `front`, `ogc`, `items`, `tiles`, `locate`, `changes`, `processes`, with
  `pages` for people;
- what changes something is FastAPI's (`routes/`), over a store, as far as the caller's `sight`
  reaches; jobs are run by `jobs`.

Routes map a request to one library function and an error to problem details (`problems`); no
geometry is computed here and nothing is decided about a plan. HTTP stops at this door: `geogrid`
itself knows none of it.
"""
