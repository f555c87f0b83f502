"""Each attempt of an executor is traced from its claim to its verdict."""

from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from mediaproc import log
from mediaproc.tracing.opentelemetry_traces import traced
from tests.cli.clips import make_clip
from tests.parts.site import Site
from tests.parts.started_executor import started
from tests.parts.waiting import until
from tests.tracing.otlp_receiver import attributes, receiving


def test_an_executor_traces_what_succeeds_and_what_fails(
    engine: Engine, directory_site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = directory_site.enqueue([make_clip(tmp_path / f"{seed}.avi", seed=seed) for seed in (1, 2)])
    lost = directory_site.value("SELECT object_key FROM media_process WHERE id = :id", id=bad)
    directory_site.store.delete(lost)
    with receiving() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint)
        with (
            traced(executor_id=uuid4(), log=log.get()) as traces,
            started(engine, store=directory_site.store, folder=tmp_path, traces=traces) as watched,
        ):
            watched.executor.tick()
            until(lambda: sum(watched.executor.tally.values()) == 2 and not watched.executor.running())
        wholes = {attributes(span)["mediaproc.task"]: span for span in receiver.spans if span.name == "attempt"}
        stages = {
            task: [span.name for span in receiver.spans if span.parent_span_id == whole.span_id]
            for task, whole in wholes.items()
        }
    assert attributes(wholes[good])["mediaproc.outcome"] == "completed"
    assert attributes(wholes[bad])["mediaproc.error_class"] == "source_missing"
    assert stages[good] == ["download", "probe", "transcode", "verify", "upload", "settle"]
    assert stages[bad] == ["download", "settle"]
