"""The service: one plan, handed out over HTTP, read-only and from memory.

Routes map a request to one library function and an error to problem details;
no geometry is computed here and nothing is decided about a plan. HTTP stops
at this door: `geogrid` itself knows none of it. The ways in are
`geogrid_api.app.create_app` and `geogrid_api.serve.serve`.
"""
