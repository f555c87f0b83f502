"""Decides and never acts: no I/O, no clock, no randomness, no logging.

What is where:

- a task's life: `lifecycle.py` (statuses, transitions, verdicts; start here), `task.py` (a claimed task, its outcome),
  `errors.py` (whose fault), `backoff.py`, `shard.py`, `shard_fit.py`, `cron.py`, `tick_offset.py`
- whose turn it is: `position.py`, by the work of each task (`expected_cost.py`) and its `priority.py`; `tenant.py`
  (a tenant's name)
- which tasks a person means: `selection.py` (the words), `selection_text.py` (how they are written)
- a running attempt: `stage.py`, `wait.py`, `attempt_deadlines.py`, `stop_reason.py`, `strike_fairness.py`; how many
  there are: `claim_limit.py`; an encode's threads: `encode_threads.py`
- other executors and parts: `failure_detector.py`, `hold_off.py`, `outlier.py`, `circuit_breaker.py`, `health.py`,
  `listen_address.py` (where a program listens)
- a person's hand: `pause.py` (what is not to be claimed), `schedule.py` (what is done by the clock, and when)
- an upload over HTTP: `upload_wish.py` (what its client says of it)
- a source: `probe.py` (its facts), made by `probe_document.py`, `json_fields.py`, `container_header.py`, `packets.py`,
  `timestamp_gaps.py`, `elementary_stream.py`; kept by `probe_record.py`; `first_bytes.py`, `source_type.py`,
  `source_kind.py` (film or draft), `decoders.py`; what a watch comes upon: `settling.py`
- a rendition: `profile.py` and `site_profiles.py` (recipes), `limits.py` (what a site allows), `plan/` (what ffmpeg is
  asked), `step.py` and `step_arguments.py` (one of its runs where it takes several), `ffmpeg_memory.py`, `progress.py`
- an editor's project: `draft/` (what JianYing and CapCut write), `timeline/` (what it says, in frames), `material.py`
  (whether a file of it can be used), `draft_url/` (one that lies at a URL), `capcut_mate/`
  (what its clients are told)
- the verification: `expectation.py` (what an output must be), `verification.py` (whether it is), `completeness.py`,
  `drawn_check.py`, `playback_check.py`, `playback_timing.py`, `similarity.py`, `report_check.py` (of a short text),
  `tolerance.py` (how far it may be off), `decoding_budget.py` (how much is decoded for it)
- what others are told: `message.py`, `delivery_verdict.py` (what an answer means), `outbound_url.py` (the form of a
  URL), `public_address.py` (where it may lead)
- who may ask: `access.py` (scopes, tokens), `signed_text.py` (what a server knows again as its own), `share_link.py`
- what an uploader is told: `uploader_state.py`
- names and words: `keys.py` (object keys), `attachment.py` (names of downloads), `safe_text.py`, `quantities.py`,
  `toml.py`
"""
