"""Doctor sees what a bucket keeps of what was deleted, and says what to set; tried on MinIO."""

import json
from pathlib import Path
from typing import Any

import pytest
from minio import MinioAdmin
from minio.commonconfig import Filter
from minio.credentials.providers import StaticProvider
from minio.lifecycleconfig import Expiration, LifecycleConfig, NoncurrentVersionExpiration, Rule
from minio.versioningconfig import VersioningConfig

from mediaproc.store.interface import Retention
from mediaproc.store.minio import MinioStore
from mediaproc.store.retention import read_retention
from tests.cli.conftest import Command
from tests.parts.minio import MinioServer

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "minio" / "lifecycle.json"
HOW_TO = ROOT / "docs" / "how-to" / "keep-objects-in-minio.md"


def _told(site: Command, url: str) -> list[tuple[str, str, str | None]]:
    ran = site("doctor", "--json", "--store-url", url)
    assert ran.code == 0, ran.out
    return [(each["state"], each["fact"], each["remedy"]) for each in ran.objects() if each["part"] == "store keeps"]


def _apply_the_documented_rules(server: MinioServer, bucket: str, *, prefix: str = "") -> None:
    rules = [_rule(each, prefix=prefix) for each in json.loads(RULES.read_text(encoding="utf-8"))["Rules"]]
    server.client().set_bucket_lifecycle(bucket, LifecycleConfig(rules))


def _rule(written: dict[str, Any], *, prefix: str) -> Rule:
    """Lifecycle rules in the form that `mc ilm import` reads."""
    earlier, marker = written.get("NoncurrentVersionExpiration"), written.get("Expiration")
    return Rule(
        status=written["Status"],
        rule_filter=Filter(prefix=written["Filter"]["Prefix"] or prefix),
        rule_id=written["ID"],
        noncurrent_version_expiration=earlier and NoncurrentVersionExpiration(earlier["NoncurrentDays"]),
        expiration=marker and Expiration(expired_object_delete_marker=marker["ExpiredObjectDeleteMarker"]),
    )


def test_a_plain_bucket_keeps_nothing_of_what_was_deleted(site: Command, minio_url: str) -> None:
    assert _told(site, minio_url) == [("fine", "nothing of what was deleted for good", None)]


def test_a_versioned_bucket_is_worth_a_look_until_the_documented_rules_end_earlier_versions(
    site: Command, minio_server: MinioServer
) -> None:
    bucket = minio_server.make_bucket()
    minio_server.client().set_bucket_versioning(bucket, VersioningConfig("Enabled"))
    ((state, fact, remedy),) = _told(site, minio_server.url(bucket))
    assert (state, "versioned, and no rule ends earlier versions" in fact) == ("warning", True)
    assert "NoncurrentVersionExpiration" in str(remedy)
    _apply_the_documented_rules(minio_server, bucket, prefix="renditions/")
    assert [told[0] for told in _told(site, minio_server.url(bucket))] == ["warning"]
    _apply_the_documented_rules(minio_server, bucket)
    assert [told[0] for told in _told(site, minio_server.url(bucket))] == ["fine"]
    minio_server.client().set_bucket_versioning(bucket, VersioningConfig("Suspended"))
    minio_server.client().delete_bucket_lifecycle(bucket)
    assert [told[0] for told in _told(site, minio_server.url(bucket))] == ["warning"]


def test_object_lock_is_worth_a_look(site: Command, minio_server: MinioServer) -> None:
    bucket = f"locked-{minio_server.make_bucket()}"
    minio_server.client().make_bucket(bucket, object_lock=True)
    (locked, versioned) = _told(site, minio_server.url(bucket))
    assert (locked[0], "object lock is on" in locked[1]) == ("warning", True)
    assert "MEDIAPROC_STORE_URL" in str(locked[2])
    assert "versioned" in versioned[1]


def test_a_server_that_ends_no_uploads_by_itself_needs_a_rule(
    site: Command, minio_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_of_another_make(store: MinioStore) -> Retention:
        return read_retention(store._client, bucket=store.bucket, is_minio=False)  # noqa: SLF001 - the real server, asked so

    monkeypatch.setattr(MinioStore, "retention", as_of_another_make)
    ((state, fact, remedy),) = _told(site, minio_url)
    assert (state, "no rule ends unfinished uploads" in fact) == ("warning", True)
    assert "AbortIncompleteMultipartUpload" in str(remedy)


def test_a_key_that_may_not_ask_is_no_fault(site: Command, minio_server: MinioServer) -> None:
    bucket = minio_server.make_bucket()
    minio_server.client().set_bucket_versioning(bucket, VersioningConfig("Enabled"))
    credentials = StaticProvider(minio_server.user, minio_server.password)
    admin = MinioAdmin(endpoint=minio_server.address, credentials=credentials, secure=False)
    policy = HOW_TO.read_text(encoding="utf-8").split("```json\n")[1].split("```")[0]
    admin.user_add("asks-nothing", "a-secret-of-one-who-asks-nothing")
    admin.policy_add("asks-nothing", policy=json.loads(policy.replace(":::videos", f":::{bucket}")))
    admin.policy_set("asks-nothing", user="asks-nothing")
    url = minio_server.url(bucket, user="asks-nothing", password="a-secret-of-one-who-asks-nothing")
    ((state, fact, _),) = _told(site, url)
    assert (state, "not known" in fact) == ("fine", True)


def test_the_documented_rules_are_those_that_are_tried() -> None:
    blocks = [block.split("```")[0] for block in HOW_TO.read_text(encoding="utf-8").split("```json\n")[1:]]
    assert json.loads(RULES.read_text(encoding="utf-8")) in [json.loads(block) for block in blocks]
