"""A server has room for so many streams of events: the next one is told to come later, until a reader leaves."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from mediaproc.core.access import Access, Scope
from mediaproc.web.live import hub as hub_module
from mediaproc.web.live import streams
from mediaproc.web.live.streams import MOST_FOR_ONE, MOST_STREAMS, Shown, Stream
from tests.parts.waiting import until
from tests.web.event_reader import reading
from tests.web.server import Answer, Server

EVENTS = "/api/v1/events"
SHOWN = "executors=true"


@pytest.fixture
def full(own_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, list[ExitStack]]]:
    """A server with as many streams as it has room for; those of one token have readers, each of whom can leave."""
    # What is told is no part of this: nobody needs to look often.
    monkeypatch.setattr(hub_module, "LOOK_EVERY", 60.0)
    hub, token = own_server.site.hub, own_server.token(Scope.READ)
    others = [_stream(number // MOST_FOR_ONE) for number in range(MOST_STREAMS - MOST_FOR_ONE)]
    assert [hub.open(stream) for stream in others] == [None] * len(others)
    with ExitStack() as all_readers:
        readers = [all_readers.enter_context(ExitStack()) for _ in range(MOST_FOR_ONE)]
        for reader in readers:
            assert reader.enter_context(reading(own_server, SHOWN, token=token)).status == 200
        yield own_server, readers
    for stream in others:
        hub.close(stream)
    until(lambda: hub.stream_count == 0)
    hub.end()


def _stream(reader: int) -> Stream:
    """One whose reader is in this process."""
    access = Access(scopes=frozenset({Scope.READ}), tenant=None, actor=f"reader {reader}")
    return Stream(access=access, shown=Shown(executors=True), sent=0)


def refusal(server: Server, *, token: str) -> Answer:
    """What somebody gets whose stream is refused; one that is opened has no end to wait for."""
    answer = server.get(f"{EVENTS}?{SHOWN}", token=token)
    assert answer.status == 503, answer.status
    return answer


def test_one_stream_too_many_is_told_to_come_later_and_has_the_place_of_the_next_who_leaves(
    full: tuple[Server, list[ExitStack]], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, readers = full
    assert server.site.hub.stream_count == MOST_STREAMS == 200
    token = server.token(Scope.READ)
    refused = refusal(server, token=token)
    assert (refused.headers["Content-Type"], refused.headers["Retry-After"]) == ("application/problem+json", "10")
    problem = refused.json()
    assert (problem["type"], problem["status"], problem["detail"]) == (
        "/problems/unavailable",
        503,
        "This server tells as many of changes as it can: try again later, or ask for the tasks themselves.",
    )
    # The page's own stream needs a place as well; all else is answered.
    assert server.get(f"/live?{SHOWN}", token=token).status == 503
    assert server.get("/api/v1/tasks", token=token).status == 200
    # It is the number that refuses it, and a refused stream takes no place.
    with monkeypatch.context() as patched:
        patched.setattr(streams, "MOST_STREAMS", MOST_STREAMS + 1)
        with reading(server, SHOWN, token=token) as one_more:
            assert one_more.status == 200
    until(lambda: server.site.hub.stream_count == MOST_STREAMS)
    refusal(server, token=token)
    readers[0].close()
    until(lambda: server.site.hub.stream_count == MOST_STREAMS - 1)
    with reading(server, SHOWN, token=token) as next_one:
        assert next_one.status == 200
        refusal(server, token=token)
