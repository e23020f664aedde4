"""Where plans are kept: files that a crash cannot halve, and a database of their versions.

Drafts, moves, approvals, published versions, accounts and jobs live here; ways in and out are
`geogrid.store.store.Store` and `geogrid.store.plan_file`. A plan's content is never judged
here (that is `geogrid.governance`), and nothing here knows HTTP.
"""
