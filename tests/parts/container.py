"""Confines a process as Docker does a container's: by system calls, capabilities and mounts."""

import ctypes
import json
import os
import platform
import re
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from mediaproc.ffmpeg.bpf import ALLOW, ERROR, MACHINES, Check, Rule, program
from mediaproc.ffmpeg.seccomp import filter_this_thread

PROFILE = Path(__file__).parents[2] / "deploy" / "seccomp.json"
# The rules that our profile has beyond what Docker's own lets a program without privileges do.
OURS = "For bubblewrap: "

_HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}

# From Linux's sched.h, mount.h, prctl.h and capability.h.
_CLONE_NEWNS = 0x20000
_MS_RDONLY, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 0x1, 0x20, 0x1000, 0x4000, 0x40000
_PR_CAPBSET_DROP = 24
_CAPABILITY_VERSION, _LAST_CAPABILITY = 0x20080522, 40
# What Docker leaves a container's root: chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap,
# net_bind_service, net_raw, sys_chroot, mknod, audit_write, setfcap.
_CAPABILITIES = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31}

Result = TypeVar("Result")


class Container(Enum):
    """The profile of system calls: that of compose.yaml, or the same without its rules for bubblewrap."""

    COMPOSE = "compose"
    PLAIN = "plain"


def can_be_made() -> bool:
    """Whether the numbers of system calls are known here, which the profile needs."""
    return _header().is_file()


def in_container(container: Container, action: Callable[[], Result]) -> Result:
    """What `action` returns in a container: in this process, for good, and in all that it starts."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() == 0:
        _mount_as_docker_does(libc)
        _drop_capabilities(libc)
    filter_this_thread(filter_of(container))
    return action()


def filter_of(container: Container) -> bytes:
    """The profile as a filter for the kernel, as Docker makes it."""
    profile = json.loads(PROFILE.read_text())
    numbers = _numbers()
    rules = [
        _rule(part, number=numbers[name])
        for part in profile["syscalls"]
        if container is Container.COMPOSE or not part["comment"].startswith(OURS)
        for name in part["names"]
        if name in numbers
    ]
    return program(rules, machine=platform.machine(), otherwise=ERROR | profile["defaultErrnoRet"])


def _rule(part: dict[str, Any], *, number: int) -> Rule:
    checks = tuple(_check(each) for each in part.get("args", ()))
    return Rule(number=number, action=_action(part), checks=checks)


def _action(part: dict[str, Any]) -> int:
    match part["action"]:
        case "SCMP_ACT_ALLOW":
            return ALLOW
        case "SCMP_ACT_ERRNO":
            return int(ERROR | part["errnoRet"])
        case other:
            raise ValueError(f"no meaning is known of {other}")


def _check(argument: dict[str, Any]) -> Check:
    match argument["op"]:
        case "SCMP_CMP_EQ":
            return Check(argument=argument["index"], value=argument["value"])
        case "SCMP_CMP_MASKED_EQ":
            return Check(argument=argument["index"], mask=argument["value"], value=argument["valueTwo"])
        case other:
            raise ValueError(f"no meaning is known of {other}")


def _header() -> Path:
    return _HEADERS.get(platform.machine(), Path("/nonexistent"))


def _numbers() -> dict[str, int]:
    """The numbers of all system calls that this machine's header names."""
    assert platform.machine() in MACHINES
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\n", _header().read_text())
    return {name: int(number) for name, number in found}


def _mount_as_docker_does(libc: ctypes.CDLL) -> None:
    """Mounts /proc/sys read-only, so that settings of the kernel can be read and not set."""
    _demand(libc.unshare(_CLONE_NEWNS))
    _demand(libc.mount(None, b"/", None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None))
    settings = b"/proc/sys"
    _demand(libc.mount(settings, settings, None, ctypes.c_ulong(_MS_BIND), None))
    _demand(libc.mount(None, settings, None, ctypes.c_ulong(_MS_BIND | _MS_REMOUNT | _MS_RDONLY), None))


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    for number in set(range(_LAST_CAPABILITY + 1)) - _CAPABILITIES:
        _demand(libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0))
    kept = sum(1 << number for number in _CAPABILITIES)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    # Effective, permitted, inheritable; the upper halves behind.
    sets = (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0)
    _demand(libc.capset(header, sets))


def _demand(answer: int) -> None:
    if answer != 0:
        raise OSError(ctypes.get_errno(), "this process cannot be confined as one in a container")
