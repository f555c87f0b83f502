"""A fleet by simulation: up to 1,000 of the product's daemons on one real PostgreSQL, their encodes replaced by waits.

Start with `scenarios.py`: each scenario is one function. `daemons.py` is one process with many daemons in it,
`fleet.py` starts such processes and asks them. `simulated_parts.py` is what stands in the place of ffmpeg and of the
store; `light_waits.py` and `compiled_statements.py` let so many daemons share a core. `site.py` is the server with its
fleet, and what is measured there; `server.py` starts it, `usage.py` asks what it cost, `tasks.py` is what waits in it,
`report.py` prints. `notifications.py` measures NOTIFY alone.
"""
