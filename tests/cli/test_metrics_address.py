"""An executor listens where it is told to, and says what is wrong with an address that it cannot have."""

import socket

import pytest

from tests.cli.conftest import Command


def test_an_executor_with_metrics_works_and_ends(site: Command) -> None:
    ran = site("executor", "--until-idle", "--metrics", "127.0.0.1:0")
    assert ran.code == 0, ran.err
    assert "metrics_told" in ran.err


def test_an_address_that_another_program_has_ends_it_with_3(site: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = site("executor", "--until-idle", "--metrics", f"127.0.0.1:{taken.getsockname()[1]}")
    assert ran.code == 3
    assert "give MEDIAPROC_METRICS a free port" in ran.err


def test_what_is_no_address_ends_it_with_2(site: Command) -> None:
    ran = site("executor", "--metrics", "everywhere")
    assert ran.code == 2
    assert "not of the form HOST:PORT" in ran.err


def test_without_the_library_it_ends_with_3_and_without_metrics_it_is_not_wanted(
    site: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "prometheus_client", None)
    ran = site("executor", "--until-idle", "--metrics", "127.0.0.1:0")
    assert ran.code == 3
    assert "install mediaproc[metrics]" in ran.err
    assert site("executor", "--until-idle").code == 0
