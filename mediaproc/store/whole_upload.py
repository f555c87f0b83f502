"""A client of MinIO that also sends a file in one request, signed with the checksum that was promised for it."""

from datetime import datetime
from http import HTTPStatus
from typing import cast

from minio import Minio
from minio.credentials.credentials import Credentials
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError

from mediaproc.store.transfer import CheckedReader

Headers = dict[str, str | list[str] | tuple[str]]


class WholeUploadClient(Minio):
    """minio-py hashes every part for the signature of its request, and a file's own checksum is a second hash.

    Sent in one request, a file has one: the signature takes the checksum that was promised, the reader checks it while
    the bytes go, and the store checks it too. No part of the file is held in memory.
    """

    def put_whole(self, bucket: str, key: str, body: CheckedReader, *, headers: Headers) -> None:
        """Sends the body as the object of this key."""
        # minio-py passes a body on as it is.
        self._put_object(bucket, key, cast("bytes", body), headers)

    def _build_headers(
        self,
        host: str,
        headers: Headers | None = None,
        body: bytes | CheckedReader | None = None,
        creds: Credentials | None = None,
    ) -> tuple[Headers, datetime]:
        """As the parent's; of a body that is not read yet, length and checksum are known beforehand."""
        if not isinstance(body, CheckedReader):
            built: tuple[Headers, datetime] = super()._build_headers(host, headers, body, creds)
            return built
        known = {"Content-Length": str(body.size), "x-amz-content-sha256": body.sha256}
        without_body, date = super()._build_headers(host, headers, None, creds)
        return {**without_body, **known}, date


def is_too_large(error: MinioException) -> bool:
    """Whether the store, or a proxy before it, takes no request of this size."""
    match error:
        case S3Error(code="EntityTooLarge"):
            return True
        case ServerError(status_code=status):
            return bool(status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        case InvalidResponseError():
            return int(error._code) == HTTPStatus.REQUEST_ENTITY_TOO_LARGE  # noqa: SLF001 - as in `faults`
    return False
