"""Turns every uploaded video into an mp4 that browsers play, on as many machines as a site has.

Start at `docs/explanation/code-map.md`: the story of a task, what each folder is for, and where each change begins.
From above to below: `cli` has the commands and `daemon` the long-running process; `app` makes the objects from the
settings; `executor`, `compensation` and `enqueue` move tasks; `work` is one attempt; `db`, `store` and `ffmpeg` talk to
PostgreSQL, MinIO and ffmpeg; `core` decides and never acts.
"""

__version__ = "0.1.0"
