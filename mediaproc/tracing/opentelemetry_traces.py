"""Attempts as spans: one for each attempt, with one for each stage inside; the only file that knows OpenTelemetry.

A thread of the SDK sends them from a queue that drops what it cannot hold, so that a collector which is away, slow or
broken costs an attempt nothing. No file name, no path and no sentence is in a span, since those may quote an upload.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import wait
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc import __version__, environment
from mediaproc.core.lifecycle import AttemptOutcome, Failed, Rejected, Released
from mediaproc.core.stage import Stage
from mediaproc.core.task import ClaimedTask, Rendition
from mediaproc.daemon_thread import run_in_daemon_thread
from mediaproc.tracing.attempt_trace import NO_TRACES, AttemptTrace, Traces

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_SERVICE = "OTEL_SERVICE_NAME"
# Seconds for one request to the collector, and in which the last spans are sent at the end of the process.
_SEND_TIMEOUT = 5.0
_CLOSE_TIMEOUT = 3.0


@contextmanager
def traced(*, executor_id: UUID, log: FilteringBoundLogger) -> Iterator[Traces]:
    """The traces that this process's environment asks for; at the end of the block what is left of them is sent."""
    traces = open_traces(environment.variables(), executor_id=executor_id, log=log)
    try:
        yield traces
    finally:
        traces.close()


def open_traces(variables: Mapping[str, str], *, executor_id: UUID, log: FilteringBoundLogger) -> Traces:
    """Traces as OpenTelemetry's own variables ask for them, which the SDK reads itself; without an endpoint none.

    Where the SDK is not installed that is logged: a variable that a whole cluster sets must not stop an executor.
    """
    if not any(variables.get(name) for name in _ENDPOINTS) or variables.get("OTEL_TRACES_EXPORTER") == "none":
        return NO_TRACES
    try:
        trace, sdk, export, resources, exporter = (
            import_module(f"opentelemetry.{name}")
            for name in (
                *("trace", "sdk.trace", "sdk.trace.export", "sdk.resources"),
                "exporter.otlp.proto.http.trace_exporter",
            )
        )
    except ImportError:
        log.warning("traces_off", reason="Traces need opentelemetry-sdk: install mediaproc[otel].")
        return NO_TRACES
    described = {"service.version": __version__, "service.instance.id": str(executor_id)}
    if not variables.get(_SERVICE):
        described["service.name"] = "mediaproc-executor"
    provider = sdk.TracerProvider(
        resource=resources.Resource.create(described),
        # `close` does it, which does not wait for long.
        shutdown_on_exit=False,
    )
    provider.add_span_processor(export.BatchSpanProcessor(exporter.OTLPSpanExporter(timeout=_SEND_TIMEOUT)))
    log.info("traces_sent", service=described.get("service.name", variables.get(_SERVICE)))
    return _Spans(trace, provider=provider, executor_id=executor_id)


class _Spans(Traces):
    def __init__(self, trace: Any, *, provider: Any, executor_id: UUID) -> None:  # noqa: ANN401 - an optional library
        self._trace = trace
        self._provider = provider
        self._tracer = provider.get_tracer("mediaproc", __version__)
        self._executor_id = executor_id

    def begin(self, task: ClaimedTask) -> AttemptTrace:
        attributes = {
            "mediaproc.task": task.id,
            "mediaproc.attempt": task.attempt,
            "mediaproc.executor": str(self._executor_id),
            "mediaproc.profile": task.profile,
        }
        return _AttemptSpan(
            self._trace, tracer=self._tracer, span=self._tracer.start_span("attempt", attributes=attributes)
        )

    def close(self) -> None:
        # The SDK waits for its exporter as long as that takes.
        wait([run_in_daemon_thread(self._provider.shutdown, name="traces-end")], timeout=_CLOSE_TIMEOUT)


class _AttemptSpan(AttemptTrace):
    def __init__(self, trace: Any, *, tracer: Any, span: Any) -> None:  # noqa: ANN401
        self._trace = trace
        self._tracer = tracer
        self._span = span
        self._stage: Any = None

    def enter(self, stage: Stage) -> None:
        self.leave()
        self._stage = self._tracer.start_span(str(stage), context=self._trace.set_span_in_context(self._span))

    def leave(self) -> None:
        if self._stage is not None:
            self._stage.end()
            self._stage = None

    def end(self, ending: Rendition | Failed | Rejected | Released | None) -> None:
        self.leave()
        self._span.set_attribute("mediaproc.outcome", _outcome(ending))
        if isinstance(ending, Failed | Rejected | Released):
            self._span.set_attribute("mediaproc.error_class", str(ending.error_class))
        if isinstance(ending, Failed):
            self._span.set_status(self._trace.StatusCode.ERROR)
        self._span.end()


def _outcome(ending: Rendition | Failed | Rejected | Released | None) -> str:
    match ending:
        case None:
            return str(AttemptOutcome.LOST)
        case Rendition():
            return str(AttemptOutcome.COMPLETED)
        case Failed():
            return str(AttemptOutcome.FAILED)
        case Rejected():
            return str(AttemptOutcome.REJECTED)
        case Released():
            return str(AttemptOutcome.RELEASED)
