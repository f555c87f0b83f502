"""Programs for the kernel's filter of system calls (seccomp), in classic BPF, assembled from rules."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# What the kernel does with a call: SECCOMP_RET_* of linux/seccomp.h; an error's number is added to ERROR.
ALLOW, ERROR, KILL = 0x7FFF0000, 0x00050000, 0x80000000

# Instructions of linux/bpf_common.h: load a word of the call, mask it, compare, answer.
_LOAD, _AND, _IF_EQUAL, _IF_AT_LEAST, _ANSWER = 0x20, 0x54, 0x15, 0x35, 0x06
# Offsets in struct seccomp_data; an argument is 8 bytes, its lower half first on both machines.
_NUMBER, _MACHINE, _ARGUMENTS, _ARGUMENT_SIZE = 0, 4, 16, 8

# AUDIT_ARCH_* of linux/audit.h: what the kernel calls the machine that a call was made for.
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# Calls of the x32 interface have numbers from here on; AUDIT_ARCH_* does not tell x32 from x86_64.
_X32 = 0x40000000


@dataclass(frozen=True, kw_only=True)
class Check:
    """Holds where the lower half of an argument (0 is the first), masked, equals the value, or differs from it."""

    argument: int
    value: int
    mask: int = 0xFFFFFFFF
    equal: bool = True


@dataclass(frozen=True, kw_only=True)
class Rule:
    """The action for the call of this number, where every check holds."""

    number: int
    action: int
    checks: tuple[Check, ...] = ()


def program(rules: Sequence[Rule], *, machine: str, otherwise: int) -> bytes:
    """The filter in which the first rule that fits decides, and `otherwise` where none fits.

    A process that calls the kernel as a program of another machine is killed: there the numbers mean other calls.
    """
    return b"".join((*_guard(machine), *map(_branch, rules), _instruction(_ANSWER, otherwise)))


def _guard(machine: str) -> Iterator[bytes]:
    yield _instruction(_LOAD, _MACHINE)
    yield _instruction(_IF_EQUAL, MACHINES[machine], then=1)
    yield _instruction(_ANSWER, KILL)
    yield _instruction(_LOAD, _NUMBER)
    if machine == "x86_64":
        yield _instruction(_IF_AT_LEAST, _X32, otherwise=1)
        yield _instruction(_ANSWER, KILL)


def _branch(rule: Rule) -> bytes:
    """The instructions of one rule; they begin and end with the call's number loaded."""
    steps = [_instruction(_ANSWER, rule.action)]
    if rule.checks:
        steps.append(_instruction(_LOAD, _NUMBER))  # where a check fails: the next rule compares the number again
    for check in reversed(rule.checks):
        # A failed check skips the remaining checks and the answer.
        past = len(steps) - 1
        skips = {"otherwise": past} if check.equal else {"then": past}
        steps[:0] = (
            _instruction(_LOAD, _ARGUMENTS + _ARGUMENT_SIZE * check.argument),
            _instruction(_AND, check.mask),
            _instruction(_IF_EQUAL, check.value, **skips),
        )
    return _instruction(_IF_EQUAL, rule.number, otherwise=len(steps)) + b"".join(steps)


def _instruction(code: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    """A struct sock_filter; a comparison skips `then` or `otherwise` instructions."""
    return struct.pack("=HBBI", code, then, otherwise, value)
