"""Where plans are kept: files that a crash cannot halve, and a database of their versions.

The ways in are `geogrid.store.store.Store`, which is put together from its parts, and
`geogrid.store.plan_file`. The parts, each a file:

- plans: `catalogue` (their rows), `drafts` (edits, by `edits`, `folding`, `outlines`), `reviews`,
  `merging`, `materials` (a plan in full), `publication` (by `editions`, `feature_rows`),
  `published` (what readers ask), `outcomes`; `documents` keeps the files;
- people: `door`, over `accounts`, `passwords`, `sessions`, `keys` and `audit`;
- work: `jobs`; what holds for all: `settings`, `calendar`;
- the database: `database`, `tables`, `records`, `migrations`, `views`; looked after by `checks`
  and `archive`.

May enter: whatever reads or writes a row. May not: judging a plan's content (that is
`geogrid.governance`), drawing it (`geogrid.publish`), and HTTP.
"""
