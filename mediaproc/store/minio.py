"""Objects in a bucket of MinIO, or of another server that speaks S3 as MinIO does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from urllib.parse import quote

from minio.commonconfig import CopySource
from minio.credentials.providers import StaticProvider
from minio.datatypes import Object
from minio.error import S3Error
from urllib3.response import BaseHTTPResponse

from mediaproc.core.attachment import attachment
from mediaproc.core.errors import AttemptFailed, ErrorClass, Unavailable
from mediaproc.store import parts_upload
from mediaproc.store.faults import translated
from mediaproc.store.file_upload import CHECKSUM_HEADER, send_file
from mediaproc.store.http_connections import open_pool, sending_reported
from mediaproc.store.interface import ListedObject, ObjectFacts, PartLinks, Received, Retention, ignore_bytes
from mediaproc.store.minio_bucket import MinioBucket
from mediaproc.store.object_events import listening
from mediaproc.store.transfer import (
    CheckedReader,
    UploadedFile,
    copy,
    missing,
    raise_when,
    require_intact,
    whole_or_nothing,
)
from mediaproc.store.whole_upload import WholeUploadClient


class MinioStore:
    """One bucket; see Store for what it promises."""

    def __init__(self, endpoint: str, *, bucket: str, access_key: str, secret_key: str, secure: bool) -> None:
        self._bucket = bucket
        self._endpoint = endpoint
        self._secure = secure
        provider = StaticProvider(access_key, secret_key)
        self._client = WholeUploadClient(endpoint, credentials=provider, secure=secure, http_client=open_pool())
        self._checks = MinioBucket(bucket, endpoint=endpoint, provider=provider, secure=secure)

    def __repr__(self) -> str:
        return f"MinioStore({self._endpoint}/{self.bucket})"

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self._bucket

    def put(
        self,
        key: str,
        path: Path,
        *,
        sha256: str,
        content_type: str,
        stop: Event,
        on_bytes: Callable[[int], None] = ignore_bytes,
    ) -> None:
        """As Store.put, in one request; where that is too large, in parts, which are thrown away when one fails."""

        def report(count: int) -> None:
            raise_when(stop)
            on_bytes(count)

        with UploadedFile(path) as file, self._faults_for_a_task(stop), sending_reported(report):
            reader = CheckedReader(file, sha256=sha256)
            send_file(
                self._client, bucket=self._bucket, key=key, reader=reader, content_type=content_type, on_bytes=report
            )
            self._confirm(key, size=file.size, sha256=sha256)

    def get(
        self,
        key: str,
        path: Path,
        *,
        stop: Event,
        on_bytes: Callable[[int], None] = ignore_bytes,
        most: int | None = None,
    ) -> Received:
        """As Store.get."""
        with self._faults_for_a_task(stop), whole_or_nothing(path), self._opened(key) as response:
            with path.open("wb") as file:
                # `read1` returns the bytes that have arrived: a slow store could take for ever for a whole piece.
                received = copy(response.read1, file, stop=stop, on_bytes=on_bytes, most=most)
            require_intact(received.sha256, promised=response.headers.get(CHECKSUM_HEADER), key=key)
        return received

    def stat(self, key: str) -> ObjectFacts | None:
        """As Store.stat."""
        with translated(store=self._endpoint):
            try:
                found = self._client.stat_object(self._bucket, key)
            except S3Error as error:
                if error.code == "NoSuchKey":
                    return None
                if error.code == "AccessDenied":
                    self._checks.is_there()
                raise
        headers = found.metadata or {}
        return ObjectFacts(
            size=found.size or 0,
            sha256=headers.get(CHECKSUM_HEADER),
            content_type=found.content_type or "application/octet-stream",
            state=_state(found),
        )

    def delete(self, key: str) -> None:
        """As Store.delete."""
        with translated(store=self._endpoint):
            self._client.remove_object(self._bucket, key)

    def move(self, key: str, *, to: str) -> None:
        """As Store.move."""
        with translated(store=self._endpoint):
            self._client.copy_object(self._bucket, to, CopySource(self._bucket, key))
            self._client.remove_object(self._bucket, key)

    def listed(self, prefix: str) -> Iterator[ListedObject]:
        """As Store.listed; each is whole, since there is none before all of it has arrived."""
        with translated(store=self._endpoint):
            for found in self._client.list_objects(self._bucket, prefix=prefix, recursive=True):
                key = found.object_name or ""
                yield ListedObject(key=key, size=found.size or 0, state=_state(found), is_whole=True)

    @contextmanager
    def arrivals(self, prefix: str, *, stop: Event) -> Iterator[Iterator[str]]:
        """As Store.arrivals."""
        with (
            translated(store=self._endpoint),
            listening(self._client, bucket=self._bucket, prefix=prefix, store=self._endpoint, stop=stop) as keys,
        ):
            yield keys

    def url(self, key: str) -> str:
        """As Store.url; a player can read it only where the bucket is public or a proxy in front signs the request."""
        return f"{'https' if self._secure else 'http'}://{self._endpoint}/{self._bucket}/{quote(key)}"

    def link(self, key: str, *, seconds: int, filename: str, content_type: str) -> str:
        """As Store.link."""
        with translated(store=self._endpoint):
            return self._client.get_presigned_url(
                "GET",
                self._bucket,
                key,
                expires=timedelta(seconds=seconds),
                response_headers={
                    "response-content-type": content_type,
                    "response-content-disposition": attachment(filename),
                },
            )

    def begin_parts(self, key: str, *, count: int, seconds: int) -> PartLinks:
        """As Store.begin_parts."""
        with translated(store=self._endpoint):
            return parts_upload.begin_parts(self._client, bucket=self._bucket, key=key, count=count, seconds=seconds)

    def join_parts(self, key: str, *, name: str, size: int) -> int | None:
        """As Store.join_parts."""
        with translated(store=self._endpoint):
            return parts_upload.join_parts(self._client, bucket=self._bucket, key=key, name=name, size=size)

    def local_file(self, key: str) -> None:
        """As Store.local_file."""

    def prepare(self) -> None:
        """As Store.prepare."""
        self._checks.prepare()

    def is_prepared(self) -> bool:
        """As Store.is_prepared."""
        with translated(store=self._endpoint):
            return self._checks.is_there()

    def check(self) -> None:
        """As Store.check."""
        self._checks.check()

    def skew(self) -> float | None:
        """As Store.skew."""
        return self._checks.skew()

    def retention(self) -> Retention:
        """As Store.retention."""
        return self._checks.retention()

    def keys(self, prefix: str = "") -> Iterator[str]:
        """As Store.keys."""
        with translated(store=self._endpoint):
            for found in self._client.list_objects(self._bucket, prefix=prefix, recursive=True):
                yield found.object_name or ""

    @contextmanager
    def _opened(self, key: str) -> Iterator[BaseHTTPResponse]:
        try:
            response = self._client.get_object(self._bucket, key)
        except S3Error as error:
            if error.code != "NoSuchKey":
                raise
            raise missing(key, bucket=f"the bucket {self._bucket}") from error
        try:
            yield response
        finally:
            # Closed without reading the rest, which after a stop may be gigabytes.
            response.close()
            response.release_conn()

    @contextmanager
    def _faults_for_a_task(self, stop: Event) -> Iterator[None]:
        """The store's errors inside become a task's; once `stop` is set, they become Stopped."""
        raise_when(stop)
        try:
            with translated(store=self._endpoint):
                yield
        except (Unavailable, AttemptFailed):
            raise_when(stop)
            raise

    def _confirm(self, key: str, *, size: int, sha256: str) -> None:
        """Checks that the object arrived whole: the answer to a finished upload may be 200 and hold an error."""
        found = self.stat(key)
        if found is None or (found.size, found.sha256) != (size, sha256):
            raise Unavailable(
                f"The store at {self._endpoint} took the object {key} and does not show it whole.",
                error_class=ErrorClass.STORE_UNAVAILABLE,
            )


def _state(found: Object) -> str:
    return f"{found.size or 0} {found.etag}"
