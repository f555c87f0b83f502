"""bubblewrap runs in the container of compose.yaml, and not in one whose profile lacks the rules for it."""

import json

import pytest

from mediaproc.core.errors import PartMissing
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.system_calls import REFUSED
from mediaproc.ffmpeg.tools import Tools
from tests.attacks.attack_run import Mode, in_mode, modes_here
from tests.attacks.test_compromised_decoder import needs_bubblewrap
from tests.parts.container import OURS, PROFILE, Container

COMPOSE = [mode for mode in modes_here() if mode.container is Container.COMPOSE]
PLAIN = [mode for mode in modes_here() if mode.container is Container.PLAIN]

# System calls that a container may make, as by Docker's own profile, and our children may not. Python, PostgreSQL and
# bubblewrap need some of them, and none leads out of a container.
IN_A_CONTAINER = {
    *("adjtimex", "name_to_handle_at", "pidfd_open", "pidfd_send_signal", "process_mrelease", "remap_file_pages"),
    *("memfd_create", "memfd_secret", "seccomp", "socket", "socketpair", "splice", "tee", "vmsplice"),
    *("io_setup", "io_destroy", "io_getevents", "io_submit", "io_cancel", "io_pgetevents"),
    *("shmget", "shmat", "shmctl", "shmdt", "semget", "semop", "semctl", "semtimedop"),
    *("msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive"),
    *("mq_notify", "mq_getsetattr"),
}


@needs_bubblewrap
@pytest.mark.parametrize("mode", COMPOSE, ids=lambda mode: mode.name)
def test_in_the_container_of_compose_bubblewrap_runs_with_its_filter(mode: Mode, tools: Tools) -> None:
    sandbox = in_mode(lambda: find_sandbox("require", tool=tools.ffmpeg), mode=mode)
    assert (sandbox.isolates, sandbox.filters_calls) == (True, True)


@needs_bubblewrap
@pytest.mark.parametrize("mode", PLAIN, ids=lambda mode: mode.name)
def test_without_what_is_there_for_it_bubblewrap_does_not_run_and_that_is_said(mode: Mode, tools: Tools) -> None:
    refusal = in_mode(lambda: _refusal(tools), mode=mode)
    assert "MEDIAPROC_SANDBOX requires bubblewrap, but bubblewrap cannot run here" in refusal
    assert "No permissions to create new namespace" in refusal


def test_a_container_may_do_no_more_than_it_must() -> None:
    parts = json.loads(PROFILE.read_text())["syscalls"]
    allowed = {name for part in parts if not part["comment"].startswith(OURS) for name in part["names"]}
    assert allowed & REFUSED.keys() == IN_A_CONTAINER
    for_bubblewrap = {name for part in parts if part["comment"].startswith(OURS) for name in part["names"]}
    assert for_bubblewrap == {"clone", "mount", "pivot_root", "umount2"}


def _refusal(tools: Tools) -> str:
    try:
        find_sandbox("require", tool=tools.ffmpeg)
    except PartMissing as error:
        return str(error)
    return ""
