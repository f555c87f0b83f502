"""Run every attack in every mode and write down what came of it: `python -m tests.attacks.table`, as root."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from mediaproc.ffmpeg.tools import Tools, find_tools
from tests.attacks.attack import Attack
from tests.attacks.attack_run import Mode, modes_here, observe_our_pipeline, observe_plain_pipeline
from tests.attacks.compromised_decoder import OUTLIVES, what_it_could_do
from tests.attacks.makers import ATTACKS
from tests.attacks.observers import listening

TABLE = Path(__file__).parents[2] / "docs" / "reference" / "attacks.md"

HARM = "**harm**"

# Everything that the compromised decoder tries, in its order.
TRIED = (
    "read another's file",
    "read /etc/passwd",
    "find a password in its environment",
    "read the executor's environment",
    "read the environment of a process beside it",
    "find an open file",
    "connect to a host",
    "send a datagram",
    "connect to a local service",
    "signal the executor",
    "trace the executor",
    "list other processes",
    "write beside its output",
    "write into /tmp",
    "take 1.6 GB of memory",
    "hide bytes in a memfd",
    "take 1.7 GB of shared memory",
    "reach the kernel's keyring",
    "reach userfaultfd",
    "reach io_uring",
    "reach bpf",
    "reach perf",
    "make a namespace of its own",
    "write 64 MB",
    "start 500 processes",
    OUTLIVES,
)


def main() -> int:
    """Writes the table; 1 when an attack did harm, or did none where it should have."""
    if os.geteuid() != 0:
        sys.stderr.write("run this as root: it tries root and an ordinary user\n")
        return 2
    tools, modes = find_tools(ffmpeg=None, ffprobe=None), modes_here()
    attacks = [_row(attack, tools=tools, modes=modes) for attack in ATTACKS]
    could = {mode.name: what_it_could_do(tools, mode=mode) for mode in modes}
    lines = (
        *_header(tools),
        *_table(("upload", "told besides", "a plain pipeline", *(mode.name for mode in modes)), attacks),
        *_compromised_header(),
        *_table(("the decoder can", *could), [(what, *(_can(what, did) for did in could.values())) for what in TRIED]),
    )
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text("\n".join(lines) + "\n")
    failed = [row[0] for row in attacks if row[2] == "no harm" or HARM in row[3:]]
    sys.stdout.write(f"{len(attacks)} attacks in {len(modes)} modes, not as they should be: {failed or 'none'}\n")
    return 1 if failed else 0


def _row(attack: Attack, *, tools: Tools, modes: tuple[Mode, ...]) -> tuple[str, ...]:
    with listening() as listener:
        plain = observe_plain_pipeline(attack, tools=tools, listener=listener)
    cells = [
        attack.name.replace("|", "\\|"),
        " ".join(f"`{name} {value}`".replace(" `", "`") for name, value in unsafe_options(attack)),
        attack.harm_name if attack.harm(plain) else "no harm",
    ]
    for mode in modes:
        with listening() as listener:
            observation = observe_our_pipeline(attack, tools=tools, mode=mode, listener=listener)
        cells.append(HARM if attack.harm(observation) else observation.outcome)
    sys.stdout.write(" | ".join(cells) + "\n")
    return tuple(cells)


def unsafe_options(attack: Attack) -> Iterator[tuple[str, str]]:
    """What the plain pipeline has to be told to fall for it."""
    return zip(attack.plain_options[::2], attack.plain_options[1::2], strict=True)


def _can(what: str, did: frozenset[str]) -> str:
    return "**yes**" if what in did else "no"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _header(tools: Tools) -> tuple[str, ...]:
    return (
        "# Attacks that are tried",
        "",
        f"Written by `make attacks` (`python -m tests.attacks.table`) with ffmpeg {tools.version}; not by hand.",
        "[The sandbox](../explanation/sandbox.md) tells what is behind it.",
        "",
        "Every upload is made by `tests/attacks/makers`, goes first through a plain pipeline (`ffprobe UPLOAD`,",
        "`ffmpeg -i UPLOAD OUT.mp4`), which shows the harm, then through ours in seven modes. By itself ffmpeg",
        "falls for most; for the others the plain pipeline is told the unsafe options of the second column as",
        "well, as many guides on the web tell people to, or those of them that its version knows. In ours the cell",
        "tells the outcome: `verified` or `salvaged` (a good film came out, without harm), or the class under",
        "which the upload or the attempt was refused.",
        f"{HARM} would stand where harm was done.",
        "",
        "The containers are processes that are confined as Docker does it (`tests/parts/container.py`): by",
        "`deploy/seccomp.json`, as in `compose.yaml`, or by the same without what it has for bubblewrap, which leaves",
        "no user namespaces and is in that as Docker's own; by Docker's capabilities, and with a read-only",
        "`/proc/sys`. Without user namespaces ffmpeg runs with limits only.",
        "",
        "Options that ours gives ffmpeg against them are also taken away, and the harm is seen",
        "(`tests/attacks/test_guards.py`). `-format_whitelist`, `-max_alloc`, `-max_pixels`, `-max_streams` and",
        "`-fs` go alone. `-protocol_whitelist` goes with `-format_whitelist`, which by itself refuses whatever",
        "names a host; `file:` goes with the absolute path behind it and the folder in which ffmpeg is started.",
        "Not taken away are `-t`, which it takes a film of hours to reach, and `-probesize` and",
        "`-analyzeduration`, which are wider than ffmpeg's own. No option is against a wtv that leads back to its",
        "begin: ours looks at its tables first, and without that look the harm is seen",
        "(`tests/attacks/test_streams.py`).",
        "",
        "Two attacks are missing. A Matroska file may name linked segments in other files, but ffmpeg follows no",
        "such link, plain or confined; a test watches that this stays so. A wtv may describe a stream in the",
        "description of a stream, 50,000 times: ffmpeg calls itself for each and dies, plain or confined. In ours",
        "the attempt has failed (`transcode_failed`), and nothing else; a test watches that.",
        "",
    )


def _compromised_header() -> tuple[str, ...]:
    return (
        "",
        "## A compromised decoder",
        "",
        "The uploads above fall for limits that ffmpeg itself keeps. A flaw in a decoder would make ffmpeg the",
        "attacker's program. `tests/attacks/compromised_decoder.c` takes its place, and this is what it could do.",
        "A part of the kernel is reached where it answers at all, were it that the question is wrong.",
        "",
    )


if __name__ == "__main__":
    sys.exit(main())
