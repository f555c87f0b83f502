"""Values as Prometheus' text; the only file that knows prometheus-client."""

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

from mediaproc.core.errors import PartMissing
from mediaproc.metrics.catalogue import METRICS, Histogram, Kind, Metric, Sample


class Exposition:
    """Asks `samples` at each scrape, and adds what prometheus-client tells of any process (`process_...`)."""

    def __init__(self, samples: Callable[[], Iterable[Sample]]) -> None:
        """Import prometheus-client.

        Raises:
            PartMissing: it is not installed.
        """
        try:
            self._client: Any = import_module("prometheus_client")
        except ImportError:
            raise PartMissing(
                "Metrics need prometheus-client: install mediaproc[metrics], or leave MEDIAPROC_METRICS unset."
            ) from None
        self._families: Any = import_module("prometheus_client.metrics_core")
        self._samples = samples
        self._registry = self._client.CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        self._client.ProcessCollector(registry=self._registry)

    @property
    def content_type(self) -> str:
        """The media type of the text."""
        return str(self._client.CONTENT_TYPE_LATEST)

    def text(self) -> bytes:
        """All that is to be told now."""
        made: bytes = self._client.generate_latest(self._registry)
        return made

    def describe(self) -> Iterator[Any]:
        """As a collector of prometheus-client: nothing, so that registering it asks for no value."""
        return iter(())

    def collect(self) -> Iterator[Any]:
        """As a collector of prometheus-client: one family for each metric that has a value."""
        families: dict[str, Any] = {}
        for sample in self._samples():
            name = sample.metric.name
            if name not in families:
                families[name] = self._family(sample.metric)
            _add(families[name], sample)
        # In the catalogue's order, whatever the order in which the values came.
        return (families[name] for name in METRICS if name in families)

    def _family(self, metric: Metric) -> Any:  # noqa: ANN401 - as prometheus-client has it
        of_kind = {
            Kind.GAUGE: self._families.GaugeMetricFamily,
            Kind.COUNTER: self._families.CounterMetricFamily,
            Kind.HISTOGRAM: self._families.HistogramMetricFamily,
        }
        return of_kind[metric.kind](metric.name, metric.meaning, labels=metric.labels)


def _add(family: Any, sample: Sample) -> None:  # noqa: ANN401
    if isinstance(sample.value, Histogram):
        buckets = [("+Inf" if bound == float("inf") else str(bound), count) for bound, count in sample.value.buckets]
        family.add_metric(sample.labels, buckets=buckets, sum_value=sample.value.sum)
    else:
        family.add_metric(sample.labels, sample.value)
