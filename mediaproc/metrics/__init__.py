"""What a process tells of itself over HTTP: Prometheus' text, and whether it lives and is ready.

What is where:

- `catalogue.py` (start here): every metric with its kind, its labels and its meaning
- `attempt_tally.py`: what the executor counts as attempts begin and end; plain numbers, also with metrics off
- `exposition.py`: values as Prometheus' text, by prometheus-client
- `http_listener.py`: the few requests that are answered, and how a slow client is kept from holding anything up

What the values are read from is in `mediaproc/monitoring/`.
"""
