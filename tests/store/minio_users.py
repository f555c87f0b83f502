"""Users of a MinIO server with few rights."""

import json

from minio import MinioAdmin
from minio.credentials.providers import StaticProvider

from tests.parts.minio import MinioServer
from tests.store.failing_store import SECRET


def admin(server: MinioServer) -> MinioAdmin:
    return MinioAdmin(endpoint=server.address, credentials=StaticProvider(server.user, server.password), secure=False)


def add_user(server: MinioServer, bucket: str, *, user: str, actions: list[str]) -> None:
    """A user with the secret SECRET who may do `actions` in one bucket."""
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    administrator = admin(server)
    administrator.user_add(user, SECRET)
    administrator.policy_add(user, policy={"Version": "2012-10-17", "Statement": [statement]})
    administrator.policy_set(user, user=user)
    assert json.loads(administrator.user_info(user))["status"] == "enabled"
