"""Sends a file to a server that speaks S3: in one request, or in parts where that is too large."""

import math
from collections.abc import Callable
from typing import BinaryIO, cast

from minio.error import MinioException

from mediaproc.store.transfer import CheckedReader
from mediaproc.store.whole_upload import WholeUploadClient, is_too_large

# Bytes. S3 takes no more in one request.
LARGEST_WHOLE = 5 * 1024**3
# Bytes. What goes in parts holds one of them in memory.
PART_SIZE = 8 * 1024 * 1024
# S3's own limit of an object's parts.
_MOST_PARTS = 10_000
_CHECKSUM = "sha256"
CHECKSUM_HEADER = f"x-amz-meta-{_CHECKSUM}"


def send_file(
    client: WholeUploadClient,
    *,
    bucket: str,
    key: str,
    reader: CheckedReader,
    content_type: str,
    on_bytes: Callable[[int], None],
) -> None:
    """Send the bytes of the reader as the object of this key; parts are thrown away when one fails.

    `on_bytes` gets a negative number where what was sent must be sent again.
    """
    if reader.size <= LARGEST_WHOLE and _is_put_whole(
        client, bucket=bucket, key=key, reader=reader, content_type=content_type
    ):
        return
    on_bytes(-reader.tell())
    reader.seek(0)
    client.put_object(
        bucket,
        key,
        cast("BinaryIO", reader),
        reader.size,
        content_type=content_type,
        metadata={_CHECKSUM: reader.sha256},
        part_size=max(PART_SIZE, math.ceil(reader.size / _MOST_PARTS)),
        # minio-py's own pool of threads stays behind when a part fails, and would hide a stop.
        num_parallel_uploads=1,
    )


def _is_put_whole(
    client: WholeUploadClient, *, bucket: str, key: str, reader: CheckedReader, content_type: str
) -> bool:
    """Whether the store takes the file in one request; a proxy before it may allow only small ones."""
    try:
        client.put_whole(bucket, key, reader, headers={"Content-Type": content_type, CHECKSUM_HEADER: reader.sha256})
    except MinioException as error:
        if reader.size <= PART_SIZE or not is_too_large(error):
            raise
        return False
    return True
