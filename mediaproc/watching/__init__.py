"""Watch a folder, or a part of the bucket, and enqueue what arrives there: once, and when it is whole.

Start at `daemon.py`, the long-running process. `looking.py` looks again and again. `folder_watch.py` is one look into a
folder, `folder_listing.py` what it sees there, `putting_away.py` moves or removes what was taken; `bucket_watch.py`,
`arrival_stream.py` and `object_putting_away.py` are the same for the bucket. `taking.py` tells and remembers what was
taken, and `journal.py` keeps what is remembered. What has settled is decided in `core/settling.py`.
"""
