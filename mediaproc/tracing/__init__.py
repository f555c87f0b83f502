"""Traces of attempts for a tracing system, where the environment names one (`OTEL_EXPORTER_OTLP_ENDPOINT`).

What is where:

- `attempt_trace.py` (start here): what an attempt tells of itself as it goes, and the one that tells nobody
- `opentelemetry_traces.py`: the same as spans, by the SDK of OpenTelemetry
"""
