"""The MinIO of the tests keeps the promises of its fixtures."""

from io import BytesIO

import pytest
import urllib3

from tests.parts.minio import MinioServer

pytestmark = pytest.mark.timeout(120)


def test_a_killed_server_comes_back_with_its_objects(own_minio: MinioServer) -> None:
    bucket = own_minio.make_bucket()
    own_minio.client().put_object(bucket, "name", BytesIO(b"bytes"), 5)
    own_minio.kill()
    own_minio.start()
    assert own_minio.client().stat_object(bucket, "name").size == 5


def test_a_frozen_server_does_not_answer_and_a_thawed_one_does(minio_server: MinioServer) -> None:
    live = f"http://{minio_server.address}/minio/health/live"
    with urllib3.PoolManager(retries=False) as pool:
        with minio_server.frozen(), pytest.raises(urllib3.exceptions.HTTPError):
            pool.request("GET", live, timeout=0.5)
        assert pool.request("GET", live).status == 200
