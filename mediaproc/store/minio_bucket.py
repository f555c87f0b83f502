"""A bucket on a server that speaks S3: whether it is there, made where it is missing, and what its server tells."""

from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime

from minio import Minio
from minio.credentials.providers import StaticProvider
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from mediaproc import clock
from mediaproc.core.errors import PartMissing
from mediaproc.store.faults import name_fault, translated
from mediaproc.store.http_connections import open_check_pool
from mediaproc.store.interface import Retention
from mediaproc.store.retention import read_retention

# How a header of a MinIO server, or of a fork of it, begins, in lower case.
_MINIO = ("server: minio", "x-minio-")


class MinioBucket:
    """Asks by connections of its own, which wait for an answer less long than those of objects."""

    def __init__(self, name: str, *, endpoint: str, provider: StaticProvider, secure: bool) -> None:
        self._name = name
        self._endpoint = endpoint
        self._provider = provider
        self._secure = secure
        self._pool = open_check_pool()

    def prepare(self) -> None:
        """As Store.prepare."""
        with self._faults_for_a_person():
            if not self.is_there():
                self._make()

    def is_there(self) -> bool:
        """Whether the bucket is there.

        Raises:
            MinioException, HTTPError: the store refuses, or does not answer.
        """
        # A new client begins with a GET. Only the answer to a GET says why the store refuses: that to a HEAD has no
        # body.
        return self._open_client().bucket_exists(self._name)

    def check(self) -> None:
        """As Store.check."""
        with self._faults_for_a_person():
            self.is_there()

    def skew(self) -> float | None:
        """As Store.skew; every answer names the store's time, also a refusal."""
        with translated(store=self._endpoint):
            answer = self._ask_the_server()
        told = parsedate_to_datetime(answer.headers["Date"]) if "Date" in answer.headers else None
        return None if told is None else clock.wall_time() - told.timestamp()

    def retention(self) -> Retention:
        """As Store.retention."""
        with translated(store=self._endpoint):
            headers = self._ask_the_server().headers
            is_minio = any(f"{name}: {value}".lower().startswith(_MINIO) for name, value in headers.items())
            return read_retention(self._open_client(), bucket=self._name, is_minio=is_minio)

    def _ask_the_server(self) -> BaseHTTPResponse:
        return self._pool.request("HEAD", f"{'https' if self._secure else 'http'}://{self._endpoint}/")

    def _open_client(self) -> Minio:
        return Minio(self._endpoint, credentials=self._provider, secure=self._secure, http_client=self._pool)

    def _make(self) -> None:
        try:
            self._open_client().make_bucket(self._name)
        except S3Error as error:
            match error.code:
                case "BucketAlreadyOwnedByYou":  # another process made it first
                    return
                case "AccessDenied":
                    raise PartMissing(
                        f"The bucket {self._name} is not there, and the access key in MEDIAPROC_STORE_URL may not"
                        " make it: create the bucket, or grant the right."
                    ) from error
            raise

    @contextmanager
    def _faults_for_a_person(self) -> Iterator[None]:
        try:
            yield
        except (MinioException, HTTPError) as error:
            fault = name_fault(error, store=self._endpoint)
            if fault is None:
                raise
            raise fault.for_a_person() from error
