"""The only place that knows where objects are kept: MinIO, or a directory, behind one protocol.

Start at `interface.py`: what a store promises. `store_url.py` opens the one that the setting names: `minio.py`, with
`minio_bucket.py` (the bucket and its server), `file_upload.py` (how a file is sent), `whole_upload.py` (a file in one
request), `parts_upload.py` (parts that others send), `http_connections.py` (timeouts and retries), `faults.py` (which
sentence a failure becomes) and `object_events.py` (what arrives), or `directory.py`, with `store_folder.py` (whether a
folder is the store), `atomic_write.py` and `directory_listing.py`. Both use `transfer.py` for the bytes.
`write_check.py` proves that a store keeps objects, `deletion.py` deletes one, `retention.py` reads what a bucket keeps
beyond its objects.

What keys look like is decided in `core/keys.py`.
"""
