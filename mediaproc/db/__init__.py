"""The only place that speaks SQL: one function per statement, every change of a task fenced by its claim token.

What is where:

- the way in: `database.py` (transactions; start here), `engine.py` (connections and their timeouts), `url.py`,
  `faults.py` (errors as sentences), `pooler.py`, `durability.py`, `prepared_statements.py`, `read_timeout.py`,
  `reachability.py`
- the tables: `schema/`, `schema_version.py`, `migrate.py` (brings them to this version),
  `rights.py` (who may do what in them), `grants.py` (gives these rights)
- files and their uploads: `files.py`, `file_deletion.py`, `resumable_uploads.py` with `upload_chunks.py` (those over
  HTTP), `uploads.py` (whose they are), `tenants.py` (whose turn it is)
- drafts that are asked for by their URLs: `draft_requests.py`, `draft_counts.py` (how many there are)
- tasks: `tasks/` (the claim protocol), `views/` (what `status` and `tasks` read), `ids.py` (many ids as one parameter),
  `selection.py` (which rows a selection means, in which order)
- executors: `executor_registry.py` (their rows), `listener.py` (the connection that wakes one), `notifications.py`,
  `executor_locks.py` (which of them are connected), `peers.py` (the few others that each one watches),
  `automatic_shards.py` (the shard numbers that follow from who lives)
- what is on screens: `live.py`, `watched_claims.py` (whose progress is written more often)
- compensation: `compensation_due.py` (whether a pass finds anything to do)
- messages: `outbox.py` (what a statement tells), `webhooks.py` (to whom), `delivery_claims.py` (their way to one),
  `deliveries.py` (what a person sees of them, tries and repeats), `alarms.py`
- a person's hand: `control.py` (reads pauses and schedules with another statement), `pauses.py`, `schedules.py`
- acts: `audit.py` (the line that each one leaves)
- who may ask over HTTP: `access/` (tokens, sessions of browsers, answers to repeated requests)
- old rows: `retention/` (the statements that remove them)
- the server itself: `server.py`
"""
