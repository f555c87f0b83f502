"""Uploads in parts that others send: each part by a link of its own, and joined once all are there."""

from datetime import timedelta

from minio import Minio
from minio.error import S3Error

from mediaproc.store.interface import PartLinks


def begin_parts(client: Minio, *, bucket: str, key: str, count: int, seconds: int) -> PartLinks:
    """Begin one of `count` parts; each link works for so many seconds, for that part alone."""
    # minio-py keeps to itself what makes, lists and joins parts.
    name = client._create_multipart_upload(bucket, key, {"Content-Type": "application/octet-stream"})  # noqa: SLF001
    expires = timedelta(seconds=seconds)
    urls = tuple(
        client.get_presigned_url(
            "PUT", bucket, key, expires=expires, extra_query_params={"partNumber": str(number), "uploadId": name}
        )
        for number in range(1, count + 1)
    )
    return PartLinks(name=name, urls=urls)


def join_parts(client: Minio, *, bucket: str, key: str, name: str, size: int) -> int | None:
    """Make the object of its parts, if they have `size` bytes; returns how many they have.

    None where it is not there, or not any more: it may have been joined before.
    """
    try:
        parts = client._list_parts(bucket, key, name).parts  # noqa: SLF001 - as above
        arrived = sum(part.size or 0 for part in parts)
        if arrived == size:
            client._complete_multipart_upload(bucket, key, name, parts)  # noqa: SLF001 - as above
    except S3Error as error:
        if error.code == "NoSuchUpload":
            return None
        raise
    return arrived
