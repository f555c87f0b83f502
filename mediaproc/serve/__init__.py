"""The process of `mediaproc serve`: the page and the HTTP API, and beside them an executor.

- `serving.py` (start here): the order in which all of it starts and ends
- `own_names.py`: the names that the server answers to, and the address that a person opens
- `http_server.py`: uvicorn, in a thread of its own
- `child_executor.py`: `mediaproc executor` as a child, started again when it crashes
"""
