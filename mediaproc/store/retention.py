"""Reads a bucket's retention from the server."""

from minio import Minio
from minio.commonconfig import ENABLED
from minio.error import S3Error
from minio.lifecycleconfig import Rule

from mediaproc.store.interface import Retention


def read_retention(client: Minio, *, bucket: str, is_minio: bool) -> Retention:
    """What the server says of the bucket.

    MinIO ends unfinished uploads by itself (`MINIO_API_STALE_UPLOADS_EXPIRY`) and takes no rule for it.

    Raises:
        MinioException, HTTPError: it does not answer, or refuses for another reason than a right.
    """
    rules = _rules(client, bucket=bucket)
    everywhere = [rule for rule in rules or () if _is_everywhere(rule)]
    return Retention(
        is_versioned=_is_versioned(client, bucket=bucket),
        has_versions_expire=None
        if rules is None
        else any(rule.noncurrent_version_expiration is not None for rule in everywhere),
        is_locked=_is_locked(client, bucket=bucket),
        ends_uploads=is_minio
        or (None if rules is None else any(rule.abort_incomplete_multipart_upload is not None for rule in everywhere)),
    )


def _is_everywhere(rule: Rule) -> bool:
    """Whether the rule is for every object, not only for a prefix or a tag."""
    scope = rule.rule_filter
    return rule.status == ENABLED and (scope is None or not (scope.prefix or scope.tag or scope.and_operator))


def _rules(client: Minio, *, bucket: str) -> list[Rule] | None:
    try:
        found = client.get_bucket_lifecycle(bucket)
    except S3Error as error:
        if error.code != "AccessDenied":
            raise
        return None
    return [] if found is None else list(found.rules)


def _is_versioned(client: Minio, *, bucket: str) -> bool | None:
    try:
        # A bucket whose versioning was suspended keeps those that it has.
        return client.get_bucket_versioning(bucket).status is not None
    except S3Error as error:
        if error.code != "AccessDenied":
            raise
        return None


def _is_locked(client: Minio, *, bucket: str) -> bool | None:
    try:
        client.get_object_lock_config(bucket)
    except S3Error as error:
        match error.code:
            case "ObjectLockConfigurationNotFoundError":
                return False
            case "AccessDenied":
                return None
        raise
    return True
