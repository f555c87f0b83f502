"""An attempt is one span with its stages inside; a collector that is away, silent or missing costs it nothing."""

import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from mediaproc import log
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Failed
from mediaproc.core.stage import Stage
from mediaproc.core.task import ClaimedTask
from mediaproc.tracing import opentelemetry_traces
from mediaproc.tracing.attempt_trace import NO_TRACE, NO_TRACES, Traces
from mediaproc.tracing.opentelemetry_traces import open_traces
from tests.db.task_rows import rendition
from tests.tracing.otlp_receiver import OtlpReceiver, attributes, receiving

_VARIABLE = "OTEL_EXPORTER_OTLP_ENDPOINT"


@dataclass(frozen=True)
class Traced:
    traces: Traces
    executor_id: UUID


def opened(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Traced:
    # The SDK reads it itself.
    monkeypatch.setenv(_VARIABLE, endpoint)
    executor_id = uuid4()
    return Traced(open_traces({_VARIABLE: endpoint}, executor_id=executor_id, log=log.get()), executor_id)


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    with receiving() as one:
        yield one


def claimed() -> ClaimedTask:
    return ClaimedTask(
        id=7,
        file_id="f" * 64,
        profile="mp4",
        filename="secret name.avi",
        bucket="secret-bucket",
        object_key="secret/key",
        size=1000,
        position=0.0,
        attempt=2,
        fail_count=0,
        claim_token=uuid4(),
    )


def attempt(traces: Traces, *, fails: bool = False) -> None:
    task = claimed()
    trace = traces.begin(task)
    for stage in (Stage.DOWNLOAD, Stage.PROBE, Stage.TRANSCODE):
        trace.enter(stage)
        trace.leave()
    trace.enter(Stage.SETTLE)
    trace.end(Failed(error_class=ErrorClass.STALLED, error="secret sentence") if fails else rendition(task))


def test_an_attempt_is_a_span_with_its_stages_inside(receiver: OtlpReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    traced = opened(receiver.endpoint, monkeypatch)
    attempt(traced.traces)
    attempt(traced.traces, fails=True)
    traced.traces.close()
    whole = [span for span in receiver.spans if span.name == "attempt"]
    ends = [attributes(span) for span in whole]
    assert [end["mediaproc.outcome"] for end in ends] == ["completed", "failed"]
    assert ends[1]["mediaproc.error_class"] == "stalled"
    assert ends[0].keys() == {f"mediaproc.{name}" for name in ("task", "attempt", "executor", "profile", "outcome")}
    assert (ends[0]["mediaproc.task"], ends[0]["mediaproc.attempt"]) == (7, 2)
    assert ends[0]["mediaproc.executor"] == str(traced.executor_id)
    stages = [span.name for span in receiver.spans if span.parent_span_id == whole[0].span_id]
    assert stages == ["download", "probe", "transcode", "settle"]
    assert {span.trace_id for span in receiver.spans if span.parent_span_id == whole[0].span_id} == {whole[0].trace_id}
    assert receiver.resources[0]["service.name"] == "mediaproc-executor"
    assert receiver.resources[0]["service.instance.id"] == str(traced.executor_id)


def test_nothing_of_the_upload_is_told(receiver: OtlpReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    traced = opened(receiver.endpoint, monkeypatch)
    attempt(traced.traces, fails=True)
    traced.traces.close()
    assert receiver.bodies
    assert not any(b"secret" in body or b"f" * 64 in body for body in receiver.bodies)


def test_a_collector_that_answers_nothing_keeps_neither_attempts_nor_the_end_waiting(
    receiver: OtlpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opentelemetry_traces, "_CLOSE_TIMEOUT", 0.1)
    receiver.speak.clear()
    traced = opened(receiver.endpoint, monkeypatch)
    with capture_logs():
        # More than the queue holds.
        for _ in range(3000):
            attempt(traced.traces)
        traced.traces.close()
    assert receiver.asked.wait(120)
    assert receiver.spans == []


def test_a_collector_that_is_away_is_no_fault_of_an_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    monkeypatch.setattr(opentelemetry_traces, "_CLOSE_TIMEOUT", 0.1)
    traced = opened(f"http://127.0.0.1:{port}", monkeypatch)
    attempt(traced.traces)
    traced.traces.close()


@pytest.mark.parametrize("variables", [{}, {_VARIABLE: ""}, {_VARIABLE: "http://a", "OTEL_TRACES_EXPORTER": "none"}])
def test_without_an_endpoint_nobody_is_told_and_nothing_is_imported(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with capture_logs() as lines:
        traces = open_traces(variables, executor_id=uuid4(), log=log.get())
    assert (traces, lines) == (NO_TRACES, [])
    assert traces.begin(claimed()) is NO_TRACE
    attempt(traces)
    traces.close()


def test_without_the_sdk_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with capture_logs() as lines:
        assert open_traces({_VARIABLE: "http://127.0.0.1:4318"}, executor_id=uuid4(), log=log.get()) is NO_TRACES
    (line,) = lines
    assert line["event"] == "traces_off"
    assert "install mediaproc[otel]" in line["reason"]
