"""The exit codes are those that scripts rely on."""

import pytest

from mediaproc.cli.exit_codes import INTERRUPTED, NOTHING_ENQUEUED, ExitCode, exit_codes_sentence
from tests.cli.conftest import Command


def test_each_code_has_the_number_that_scripts_know() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "DONE": 0,
        "REFUSED": 1,
        "WRONG_USE": 2,
        "PART_MISSING": 3,
    }
    assert (int(NOTHING_ENQUEUED), INTERRUPTED) == (1, 130)


def test_the_sentence_has_every_code() -> None:
    assert exit_codes_sentence().startswith("Exit codes: 0 done; 1 some file or task was refused, ")
    assert all(f" {code:d} {code.meaning}" in exit_codes_sentence() for code in ExitCode)


@pytest.mark.parametrize("words", [("enqueue", "."), ("transcode", ".", "--out", "results")])
def test_a_command_that_finds_no_file_ends_with_the_code_for_nothing_enqueued(
    command: Command, words: tuple[str, ...], tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    assert command(*words).code == NOTHING_ENQUEUED
