"""Real ffprobe JSON, broken in every way that has a structure, through probe, plan and verdict.

`python -m tests.attacks.fuzz N` runs the cases 0 to N-1; without N it runs ALL of them and writes down what came of
them. Case N of one ffmpeg is always the same: its number is the seed.
"""

import copy
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from mediaproc.core.container_header import parse_container
from mediaproc.core.decoding_budget import Film, amount, full_amount
from mediaproc.core.errors import AttemptFailed, BadSource
from mediaproc.core.expectation import OutputFacts
from mediaproc.core.limits import Limits
from mediaproc.core.packets import PacketFacts, PacketWalk
from mediaproc.core.plan import Plan, make_plan
from mediaproc.core.plan.decoded_places import Timeline, portions
from mediaproc.core.probe import Probe
from mediaproc.core.probe_document import parse_probe
from mediaproc.core.profile import BUILT_IN
from mediaproc.core.verification import judge
from mediaproc.ffmpeg.tools import Tools, find_tools
from tests.attacks.attack_folder import make_clip
from tests.attacks.table import TABLE

# How many cases are run when nobody says, and where the table tells of them.
ALL = 100_000
TITLE = "## Broken answers of ffprobe"

# Text that must never become part of a command.
MARK = "OWNED"

_HOSTILE: tuple[object, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2**31,
        2**63,
        2**200,
        -(2**200),
        0.0,
        -0.5,
        1e-300,
        1e300,
        float("inf"),
        float("nan"),
    ),
    *("", " ", "0", "-1", "N/A", "nan", "inf", "-inf", "1e999", "9" * 5000, "0x10", "1_000", "٣", "1/0", "0/0", "-1/3"),
    *(
        "0:1",
        "1:0",
        "9999999999:1",
        "1:9999999999",
        "00:00:00",
        "99999:59:59.999999999",
        "h264",
        "yuv420p",
        "tt",
        "und",
    ),
    *(
        MARK,
        f"\x1b[2J{MARK}",
        f"'{MARK}'",
        f"-y {MARK}",
        f"../../{MARK}",
        f"[{MARK}];",
        "\0",
        "\ud800",
        "unknown",
        "none",
    ),
    *([], {}, [[]], {"a": 1}, [None], [{}], "Display Matrix", "smpte2084", "arib-std-b67", "png", "aac", "LC", "video"),
)

_KEYS = (
    *(
        "codec_type",
        "codec_name",
        "width",
        "height",
        "duration",
        "r_frame_rate",
        "avg_frame_rate",
        "nb_frames",
        "index",
    ),
    *("pix_fmt", "sample_aspect_ratio", "color_transfer", "color_space", "color_primaries", "field_order", "level"),
    *("bit_rate", "channels", "sample_rate", "channel_layout", "start_time", "format_name", "tags", "disposition"),
    *("side_data_list", "rotation", "profile", "bits_per_raw_sample", "streams", "format", "extradata_size", "size"),
)

_FORMS = (
    (("-c:v", "libx264", "-pix_fmt", "yuv420p"), "mp4"),
    (("-c:v", "libx264", "-pix_fmt", "yuv422p10le", "-color_trc", "smpte2084"), "matroska"),
    (("-c:v", "mpeg4", "-vf", "setsar=4/3"), "avi"),
    (("-c:v", "mpeg2video", "-flags", "+ilme+ildct", "-top", "1"), "mpegts"),
    (("-c:v", "flv"), "flv"),
    (("-c:v", "gif"), "gif"),
    (("-c:v", "libx264", "-pix_fmt", "yuv420p"), "h264"),
    (("-c:v", "libx265", "-x265-params", "log-level=error"), "hevc"),
    (("-c:v", "mpeg2video"), "wtv"),
)  # fmt: skip
_MUTE = frozenset({"gif", "h264", "hevc"})


def seeds(tools: Tools) -> tuple[dict[str, Any], ...]:
    """What ffprobe really says of films of different kinds, with and without sound."""
    found: list[dict[str, Any]] = []
    with TemporaryDirectory() as folder:
        film = Path(folder) / "film"
        for options, form in _FORMS:
            for sound in ((), ("-f", "lavfi", "-i", "sine=d=1")) if form not in _MUTE else ((),):
                film.write_bytes(make_clip(tools.ffmpeg, (*sound, *options), form))
                command = [str(tools.ffprobe), "-v", "error", "-print_format", "json", "-show_format", "-show_streams"]
                answer = subprocess.run([*command, str(film)], check=True, capture_output=True)
                found.append(json.loads(answer.stdout))
    return tuple(found)


def survives(case: int, documents: Sequence[dict[str, Any]]) -> str:
    """Takes one case through; what came of it. Whatever it raises is a bug."""
    random = Random(case)  # noqa: S311
    document = copy.deepcopy(random.choice(documents))
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        _break(document, random)
    try:
        probe = parse_probe(document, container_facts=parse_container(_avi_head(random)))
    except BadSource as error:
        return str(error.error_class)
    if random.random() < 0.5:
        probe = _with_packets(probe, random)
    limits = random.choice(
        (Limits(), Limits(max_duration=1, max_pixels=1000, max_streams=1), Limits(accept_salvaged=False))
    )
    profile = random.choice(sorted(BUILT_IN.values(), key=lambda one: one.name))
    try:
        plan = make_plan(probe, profile=profile, threads=random.choice((1, 2, 64)), limits=limits)
    except BadSource as error:
        return str(error.error_class)
    _demand_sound(plan)
    return _verdict(plan, probe, random)


def _demand_sound(plan: Plan) -> None:
    """A plan is words for a command, numbers that mean something, and nothing of the attacker's."""
    if not plan.variants or not plan.variants[-1].expectation.is_last:
        raise AssertionError("no variant is the last")
    for number in (plan.memory, plan.output_estimate, plan.wall_limit):
        if not 0 < number < 2**60:
            raise AssertionError(f"a number without sense: {number}")
    words = [word for one in plan.variants for word in (*one.input_arguments, *one.output_arguments, *one.flags)]
    for word in (*words, *plan.decode_test, plan.output_name):
        if MARK in word or "\0" in word or not word.isprintable() or len(word) > 2_000:
            raise AssertionError(f"a word that must not reach a command: {word!r}")


def _verdict(plan: Plan, probe: Probe, random: Random) -> str:
    """The broken source taken for an output, too: it may be one."""
    film = Film(length=probe.duration, pictures=random.choice((0, 1, 500)), key_pictures=random.choice((0, 2)))
    for decoded in (full_amount(film), amount(film, encode_seconds=random.choice((None, 0.1, 1e4)), is_first=False)):
        assert all(portion.begin >= 0 for portion in portions(decoded, Timeline(length=film.length or 0.0)))
    facts = OutputFacts(
        size=random.choice((0, 1, 10**6, 10**15)),
        probe=probe,
        boxes=random.choice(((), ("ftyp", "moov", "mdat"), ("mdat", "moov"), ("ftyp", "moov", "mdat", "moof"))),
        video_packets=random.choice((None, PacketFacts(), _packets(random))),
        audio_packets=random.choice((None, PacketFacts(), _packets(random))),
        decode_errors=random.choice(("", "", "broken")),
    )
    try:
        return str(judge(facts, random.choice(plan.variants).expectation).result)
    except (AttemptFailed, BadSource) as error:
        return str(error.error_class)


def _break(document: dict[str, Any], random: Random) -> None:
    """One mutation somewhere in the tree."""
    place = _somewhere(document, random)
    if isinstance(place, list):
        _break_list(place, random)
    else:
        _break_mapping(place, random)


def _break_list(place: list[Any], random: Random) -> None:
    match random.randrange(5):
        case 0 if place:
            del place[random.randrange(len(place))]
        case 1 if place:
            place.extend(copy.deepcopy(random.choice(place)) for _ in range(random.choice((1, 3, 100))))
        case 2:
            place.insert(random.randrange(len(place) + 1), copy.deepcopy(random.choice(_HOSTILE)))
        case _:
            random.shuffle(place)


def _break_mapping(place: dict[str, Any], random: Random) -> None:
    key = random.choice(sorted(place)) if place else random.choice(_KEYS)
    match random.randrange(6):
        case 0:
            place.pop(key, None)
        case 1:
            place[random.choice(_KEYS)] = copy.deepcopy(random.choice(_HOSTILE))
        case 2 if place:
            other = random.choice(sorted(place))
            place[key], place[other] = place[other], place[key]
        case 3:
            place[key] = str(random.uniform(-1e6, 1e6))
        case _:
            place[key] = copy.deepcopy(random.choice(_HOSTILE))


def _somewhere(document: dict[str, Any], random: Random) -> dict[str, Any] | list[Any]:
    place: dict[str, Any] | list[Any] = document
    while random.random() < 0.75:
        below = [
            value for value in (place.values() if isinstance(place, dict) else place) if isinstance(value, dict | list)
        ]
        if not below:
            break
        place = random.choice(below)
    return place


def _avi_head(random: Random) -> bytes:
    head = bytearray(
        b"RIFF\0\0\0\0AVI LIST\0\0\0\0hdrlavih8\0\0\0" + random.randbytes(56) + b"dmlh" + random.randbytes(8)
    )
    return bytes(head[: random.randrange(len(head) + 1)])


def _with_packets(probe: Probe, random: Random) -> Probe:
    return probe.walked({stream.index: _packets(random) for stream in probe.watchable})


def _packets(random: Random) -> PacketFacts:
    words = ("N/A", "nan", "inf", "1e300", "-5", "0.04", "1.5", "600", "", MARK)
    places = ("N/A", "0", "4096", "-1", "9" * 19, "9" * 400, "9" * 5000, MARK)
    walk = PacketWalk()
    for _ in range(random.randrange(5)):
        walk.step(
            f'{{ "pts_time": "{random.choice(words)}", "dts_time": "{random.choice(words)}",'
            f' "duration_time": "{random.choice(words)}", "pos": "{random.choice(places)}",'
            f' "flags": "{random.choice(("K_", "__", "KD", "_C", ""))}" }},'
        )
    return walk.facts()


def main(count: int) -> int:
    """Runs so many cases; what one of them raises ends it."""
    tools = find_tools(ffmpeg=None, ffprobe=None)
    documents = seeds(tools)
    outcomes: dict[str, int] = {}
    for case in range(count):
        try:
            outcome = survives(case, documents)
        except Exception:
            sys.stderr.write(f"case {case}:\n")
            raise
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    sys.stdout.write(f"{count} cases: {json.dumps(dict(sorted(outcomes.items())))}\n")
    if count == ALL:
        write_down(outcomes, version=tools.version)
    return 0


def write_down(outcomes: Mapping[str, int], *, version: str) -> None:
    """Puts what came of all cases at the end of the table of attacks, in the place of what was there."""
    above = TABLE.read_text().partition(f"\n{TITLE}\n")[0]
    lines = (
        TITLE,
        "",
        f"Real answers of ffprobe {version}, broken in every way that has a structure, are taken through probe,",
        f"plan and verdict. `python -m tests.attacks.fuzz` runs {ALL:,} cases, from 0 to {ALL - 1:,}; a case's number",
        "is its seed. None raised anything but a refusal, and no word of the attacker's came into a command:",
        "",
        "| what came of it | cases |",
        "|---|---|",
        *(f"| `{outcome}` | {count} |" for outcome, count in sorted(outcomes.items())),
    )
    TABLE.write_text("\n".join((above, *lines)) + "\n")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ALL))
