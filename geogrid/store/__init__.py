"""Where plans are kept: files that a crash cannot halve.

Versions, moves and approvals join here; a plan's content is never judged here.
"""
