"""What an executor tells over HTTP of itself and of its site, where it is asked to (`--metrics`).

What is where:

- `endpoint.py` (start here): the paths `/metrics`, `/livez` and `/readyz`, and what answers each
- `executor_samples.py`: the values of the executor, read from what it keeps anyway
- `site_samples.py`: those of the site, read from the database when somebody asks
- `readiness.py`: whether database, store and ffmpeg answer
- `slow_question.py`: a question that may take long, so that whoever asks waits only so long

The names of the metrics are in `mediaproc/metrics/catalogue.py`.
"""
