"""The event stream of MinIO: the key of each object as it is put into a bucket."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from minio import Minio
from minio.error import S3Error
from urllib3.response import BaseHTTPResponse

from mediaproc.core.errors import PartMissing
from mediaproc.core.json_fields import mapping
from mediaproc.store.faults import name_fault

_KIND = "text/event-stream"
_PIECE = 64 * 1024
# Bytes. An event has about one kilobyte, and a key at most another one.
_LONGEST_LINE = 1024 * 1024


@contextmanager
def listening(client: Minio, *, bucket: str, prefix: str, store: str, stop: Event) -> Iterator[Iterator[str]]:
    """The keys under the prefix, each as its object is put there, from now on until `stop` is set or the stream ends.

    The server answers once the stream has begun, and then writes something every second. Servers of the year 2026 hold
    both back until some kilobytes have gathered: there the read timeout ends the stream, which serves nobody.

    Raises:
        PartMissing: the server has no such stream, or not for this access key.
    """
    # minio-py's own iterator connects again and again by itself, also to a server that has no such stream, and waits
    # inside of it as long as nothing happens.
    query: dict[str, str | list[str] | tuple[str]] = {
        "prefix": prefix,
        "suffix": "",
        "events": "s3:ObjectCreated:*",
        "ping": "1",
    }
    try:
        response = client._execute("GET", bucket, query_params=query, preload_content=False)  # noqa: SLF001 - see above
    except S3Error as error:
        fault = name_fault(error, store=store)
        if fault is not None and fault.mends_itself:
            raise
        raise PartMissing(
            f"The store at {store} tells nothing of new objects ({error.code}): where it is MinIO, grant the access key"
            " s3:ListenBucketNotification."
        ) from error
    try:
        # Servers that know no such request may take it for one that lists the bucket.
        if not response.headers.get("Content-Type", "").startswith(_KIND):
            raise PartMissing(f"The store at {store} is no MinIO server, and tells nothing of new objects.")
        yield _keys(response, stop=stop)
    finally:
        response.close()
        response.release_conn()


def _keys(response: BaseHTTPResponse, *, stop: Event) -> Iterator[str]:
    rest = b""
    while not stop.is_set():
        piece = response.read1(_PIECE)
        if not piece:
            return
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > _LONGEST_LINE:
            return
        for line in lines:
            yield from keys_of_event(line)


def keys_of_event(line: bytes) -> Iterator[str]:
    """The keys that one line of the stream tells; none where it is a sign of life, or nothing that is understood."""
    try:
        records = mapping(json.loads(line or b"{}")).get("Records")
    except ValueError:
        return
    for record in records if isinstance(records, list) else []:
        key = mapping(mapping(mapping(record).get("s3")).get("object")).get("key")
        if isinstance(key, str):
            # Here MinIO tells it as it is; only what it sends to its other targets is escaped.
            yield key
