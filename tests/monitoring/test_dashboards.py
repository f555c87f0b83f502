"""The dashboard and the alerts ask for what executors export, by its names and labels, and for nothing else."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mediaproc.metrics.catalogue import METRICS, Kind

_DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
_DASHBOARD = _DEPLOY / "grafana" / "mediaproc.json"
_ALERTS = _DEPLOY / "prometheus" / "alerts.yml"
# What a Prometheus adds to every series, and a histogram to its buckets.
_ADDED = frozenset({"instance", "job"})
_SELECTED = re.compile(r"\b(mediaproc_\w+)(?:\{([^}]*)\})?")
_GROUPED = re.compile(r"\bby \(([^)]*)\)")
_SHOWN = re.compile(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}")
# The least that has to be watched, each by what it would be seen in.
_WATCHED = {
    "mediaproc_executor_info",
    "mediaproc_backlog_age_seconds",
    "mediaproc_exhausted_tasks",
    "mediaproc_database_up",
    "mediaproc_breaker_state",
    "mediaproc_claims_lost_total",
    "mediaproc_scratch_free_bytes",
}


def _series() -> dict[str, frozenset[str]]:
    """The names by which a query may ask, with the labels of each."""
    found: dict[str, frozenset[str]] = {}
    for metric in METRICS.values():
        labels = frozenset(metric.labels) | _ADDED
        if metric.kind is Kind.HISTOGRAM:
            found |= {f"{metric.name}_bucket": labels | {"le"}}
            found |= {f"{metric.name}_{part}": labels for part in ("sum", "count")}
        else:
            found[metric.name] = labels
    return found


def wrong(expression: str) -> Iterator[str]:
    """Each name and label of a query that no executor exports."""
    series = _series()
    known: set[str] = set()
    for name, matchers in _SELECTED.findall(expression):
        labels = series.get(name)
        if labels is None:
            yield name
            continue
        known |= labels
        yield from (label for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers) if label not in labels)
    for grouped in _GROUPED.findall(expression):
        yield from (label for label in re.split(r",\s*", grouped) if label not in known)


def _panels() -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = json.loads(_DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return panels


def _queries_of_the_dashboard() -> list[str]:
    return [target["expr"] for panel in _panels() for target in panel["targets"]]


def _alerts() -> list[str]:
    """The text of each alert."""
    return re.split(r"\n\s+- (?=alert:)", _ALERTS.read_text(encoding="utf-8"))[1:]


def _expression(alert: str) -> str:
    found = re.search(r"\bexpr: (?:>-)?(.*?)\n\s+(?:for|labels):", alert, re.DOTALL)
    assert found, alert
    return found[1]


def test_the_dashboard_asks_for_what_is_exported() -> None:
    assert [fault for query in _queries_of_the_dashboard() for fault in wrong(query)] == []
    assert len(_queries_of_the_dashboard()) > 20


def test_the_alerts_ask_for_what_is_exported_and_miss_nothing_that_must_be_watched() -> None:
    expressions = [_expression(alert) for alert in _alerts()]
    assert [fault for expression in expressions for fault in wrong(expression)] == []
    assert {name for expression in expressions for name, _ in _SELECTED.findall(expression)} >= _WATCHED


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("sum(mediaproc_invented_total)", "mediaproc_invented_total"),
        ("mediaproc_stage_seconds > 5", "mediaproc_stage_seconds"),
        ('mediaproc_backlog_tasks{tenant="ann"}', "tenant"),
        ("sum by (stage) (mediaproc_claims_total)", "stage"),
    ],
)
def test_an_invented_name_or_label_would_be_seen(expression: str, fault: str) -> None:
    assert list(wrong(expression)) == [fault]


def test_every_alert_has_what_a_person_needs() -> None:
    for alert in _alerts():
        for part in ("alert: Mediaproc", "severity: ", "summary: ", "description: "):
            assert part in alert, alert
        queried = _expression(alert)
        kept = {label for grouped in _GROUPED.findall(queried) for label in re.split(r",\s*", grouped)} or _ADDED | {
            label for name, _ in _SELECTED.findall(queried) for label in METRICS[name].labels
        }
        assert set(re.findall(r"\$labels\.(\w+)", alert)) <= kept, alert
        # A mapping's value with `: ` or a leading brace in it must be quoted in YAML.
        for value in re.findall(r"(?:summary|description): (.*)", alert):
            assert value.startswith('"') or (": " not in value and value[0] not in "`{["), value


def test_every_panel_shows_only_labels_that_its_query_keeps() -> None:
    for panel in _panels():
        for target in panel["targets"]:
            kept = {label for grouped in _GROUPED.findall(target["expr"]) for label in re.split(r",\s*", grouped)}
            assert set(_SHOWN.findall(target["legendFormat"])) <= kept | _ADDED, panel["title"]


def test_no_two_panels_lie_upon_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in _panels():
        at = panel["gridPos"]
        cells = {(at["x"] + right, at["y"] + down) for right in range(at["w"]) for down in range(at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
