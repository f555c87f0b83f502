"""The only place that runs ffmpeg and ffprobe: each in a sandbox, watched, bounded, and dead when its executor is.

Start at `runner.py`: what the rest of the program may ask for. It leads to `prober.py` (facts about a source),
`transcoder.py` (the transcode of one source), `step_runner.py` (a rendition of several files, in the attempt's room:
`room.py`), both by `encode_run.py` (one run, its progress, its limits: `encode_limits.py`, `output_file.py`), and
`verifier.py` (facts about an output).

- Any one child: `child.py` runs it, with `child_start.py`, `child_end.py`, `watchdog.py` (stall and wall limit),
  `exit_code.py`, `cpu_time.py`; `failure.py` says what its failure means.
- What it may reach: `sandbox.py` (files, limits, bubblewrap), `sandbox_detection.py`, `seccomp.py` with
  `system_calls.py` and `bpf.py`, `child_user.py`, `literal_name.py`, `process_hardening.py`.
- What it writes: `lines.py`, `error_log.py`, `progress_reader.py`, `comparison_reader.py`, `probe_reader.py`;
  what is kept of that: `probe_records.py`.
- Looks at files beside ffmpeg: `mp4_boxes.py`, `mp4_encryption.py`, `copied_streams.py`, `wtv.py`; and a second look
  with it: `decode_check.py`, `drawn_check.py`, `damage_counter.py`, `material_check.py`; what was looked at
  before: `kinds_seen.py`.
- Which programs: `tools.py` finds them, `capabilities.py` knows their encoders, decoders and filters.

How much memory ffmpeg gets stands in `core/ffmpeg_memory.py`; its arguments are made in `core/plan`.
"""
