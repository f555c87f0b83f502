"""The parts of README and docs that are made from the product: run `python -m tests.docs.generated` to renew them."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from mediaproc.cli.exit_codes import ExitCode
from mediaproc.config import PREFIX, Settings
from mediaproc.core.expectation import Medium
from mediaproc.core.lifecycle import FAIL_LIMIT, TRANSITIONS, Event, Status, waits_for_a_person
from mediaproc.core.notes.codes import FLAGS, KINDS
from mediaproc.core.profile import BUILT_IN, OTHERS, Profile
from mediaproc.core.site_profiles import NUMBERS, SPEEDS
from mediaproc.metrics.catalogue import METRICS
from mediaproc.web.problems import ProblemKind
from tests.web.description import description

ROOT = Path(__file__).resolve().parents[2]
PROFILE_KEYS: Mapping[str, str] = {
    "encoder_speed": "x264's preset: slower ones make smaller files of the same look",
    "crf": "how much is lost, in x264's measure: less is better and larger",
    "max_height": "pixels of the picture's shorter side, to which larger ones are made smaller",
    "max_frame_rate": "pictures a second, at most: of what has more every second, third and so on is kept",
    "max_video_bit_rate": "bits a second of the picture, at most; what has more is not copied",
    "audio_bit_rate": "bits a second of the sound, where it is encoded",
    "frame_rate": "pictures a second",
    "max_seconds": "how much of the film's beginning is taken, in seconds",
    "background": "what lies under a transparent picture, and beside one that changes its shape midway",
    "accept_missing": "whether a draft is drawn without the materials that are not in it, each of which is told",
}
_PICTURE_KEYS = ("encoder_speed", "crf", "max_height", "max_frame_rate", "max_video_bit_rate")
_KEYS_OF_DRAFTS = ("encoder_speed", "crf", "max_video_bit_rate", "audio_bit_rate", "accept_missing")
_KEYS_OF: Mapping[Medium, tuple[str, ...]] = {
    Medium.VIDEO: (*_PICTURE_KEYS, "audio_bit_rate", "background"),
    Medium.AUDIO: ("audio_bit_rate",),
    Medium.ANIMATION: ("max_height", "frame_rate", "max_seconds", "background"),
    Medium.IMAGE: ("max_height", "background"),
}
_WORDS_OF: Mapping[str, tuple[str, ...]] = {
    "encoder_speed": SPEEDS,
    "background": ("black", "white", "#RRGGBB"),
    "accept_missing": ("true", "false"),
}
_VIEW_COMMENT = re.compile(r"COMMENT ON VIEW (ops\.\w+) IS '([^']+)'")


def state_diagram() -> str:
    """The transition table of core/lifecycle.py as a diagram that forges draw.

    A note tells where a task waits for a person, and with how many strikes.
    """
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> pending: enqueue"]
    for status, events in TRANSITIONS.items():
        lines += [f"    {status} --> {after}: {_label(event, of=status)}" for event, after in events.items()]
        if not events:
            lines.append(f"    {status} --> [*]")
    notes = {status: _note(status) for status in Status}
    lines += [f"    note right of {status}: {note}" for status, note in notes.items() if note]
    return "\n".join([*lines, "```"])


def _label(event: Event, *, of: Status) -> str:
    return f"{event}, with fewer than {FAIL_LIMIT} strikes" if event is Event.CLAIM and _can_exhaust(of) else event


def _note(status: Status) -> str | None:
    if _can_exhaust(status):
        return f"tried again by itself until it has {FAIL_LIMIT} strikes, then exhausted (waits for a person)"
    return "waits for a person" if waits_for_a_person(status, fail_count=0) else None


def _can_exhaust(status: Status) -> bool:
    """Whether it depends on the strikes that a task of this status waits for a person."""
    waiting = {waits_for_a_person(status, fail_count=count) for count in (FAIL_LIMIT - 1, FAIL_LIMIT)}
    return waiting == {True, False}


def settings_table() -> str:
    """Every field of config.Settings with its meaning and default."""
    lines = ["| setting | means | default |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        lines.append(f"| `{PREFIX}{name.upper()}` | {field.description} | {_default(name)} |")
    return "\n".join(lines)


def _default(name: str) -> str:
    """As text; what depends on the machine is said in words."""
    words = {
        "database_url": "embedded",
        "store_url": "a directory",
        "home": "the user's data folder",
        "scratch": "in the home",
        "slots": "one for each CPU that it may use",
        "ffmpeg": "PATH, then a wheel",
        "ffprobe": "PATH, then a wheel",
    }
    if name in words:
        return words[name]
    default = Settings.model_fields[name].default
    if default is None:
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    # Enough digits for a year in seconds, so that none is shown as 3.1536e+07.
    return f"`{default:.12g}`" if isinstance(default, float) else f"`{default}`"


def views_table() -> str:
    """Every view of the schema ops with the question that it answers, which is its comment in the database."""
    questions: dict[str, str] = {}
    for file in sorted((ROOT / "migrations" / "views").glob("*/*.sql")):
        # A later revision's text of a view replaces an earlier one's.
        questions.update(_VIEW_COMMENT.findall(file.read_text(encoding="utf-8")))
    lines = ["| view | answers |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{view}` | {question} |" for view, question in sorted(questions.items()))])


def profiles_table() -> str:
    """Every built-in profile with those of its values that its medium asks for."""
    lines = ["| profile | file | values |", "|---|---|---|"]
    for name, profile in BUILT_IN.items():
        values = ", ".join(f"`{key}` {_plain(getattr(profile, key))}" for key in _keys_of(profile))
        lines.append(f"| `{name}` | `.{profile.extension}`, {profile.mime_type} | {values} |")
    return "\n".join(lines)


def profile_keys_table() -> str:
    """Every key of a site's own profile, what it may be, and which built-in ones do something with it."""
    lines = ["| key | means | may be | for |", "|---|---|---|---|"]
    for key, meaning in PROFILE_KEYS.items():
        span = NUMBERS.get(key)
        words = _WORDS_OF.get(key, ())
        values = f"a whole number, {span.least} to {span.most}" if span else ", ".join(f"`{each}`" for each in words)
        bases = ", ".join(f"`{name}`" for name, profile in BUILT_IN.items() if key in _keys_of(profile))
        lines.append(f"| `{key}` | {meaning} | {values} | {bases} |")
    return "\n".join(lines)


def _keys_of(profile: Profile) -> tuple[str, ...]:
    if profile.processor in OTHERS:
        return ()
    return _KEYS_OF_DRAFTS if profile.processor == "draft" else _KEYS_OF[profile.medium]


def _plain(value: float | str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else f"{value:.12g}"


def exit_codes_table() -> str:
    """Every exit code with its name in cli/exit_codes.py."""
    lines = ["| code | name | means |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {code:d} | `{code.name}` | {code.meaning} |" for code in ExitCode)])


def metrics_table() -> str:
    """Every metric with its kind, its labels and what it means."""
    lines = ["| metric | kind | labels | means |", "|---|---|---|---|"]
    for name, metric in METRICS.items():
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        lines.append(f"| `{name}` | {metric.kind} | {labels} | {metric.meaning} |")
    return "\n".join(lines)


def notes_table() -> str:
    """Every code of a note with its kind and its sentence."""
    lines = ["| code | feature | done | sentence |", "|---|---|---|---|"]
    for code, kind in KINDS.items():
        lines.append(f"| `{code}` | `{kind.feature}` | `{kind.done}` | {kind.sentence.replace('|', chr(92) + '|')} |")
    return "\n".join(lines)


def note_flags() -> str:
    """The closed set of flags that stand for notes."""
    return ", ".join(f"`{flag}`" for flag in sorted(FLAGS))


def problems_table() -> str:
    """Every problem that the API tells, with its status."""
    lines = ["| `type` | status | means |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| `/problems/{kind.slug}` | {kind.status} | {kind.title} |" for kind in ProblemKind)])


def routes_table() -> str:
    """Every route of the API, with the right that it needs and the first sentence of what it does."""
    lines = ["| route | right | does |", "|---|---|---|"]
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            rights = " ".join(right for each in operation.get("security", ()) for right in next(iter(each.values())))
            what = operation["description"].partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")
            lines.append(f"| `{method.upper()} {path.removeprefix('/api/v1')}` | {rights} | {what} |")
    return "\n".join(lines)


PARTS: Mapping[str, Callable[[], str]] = {
    "states": state_diagram,
    "settings": settings_table,
    "views": views_table,
    "profiles": profiles_table,
    "profile keys": profile_keys_table,
    "exit codes": exit_codes_table,
    "metrics": metrics_table,
    "notes": notes_table,
    "note flags": note_flags,
    "problems": problems_table,
    "routes": routes_table,
}
FILES = (
    ROOT / "README.md",
    ROOT / "docs" / "reference" / "commands.md",
    ROOT / "docs" / "reference" / "profiles.md",
    ROOT / "docs" / "reference" / "metrics.md",
    ROOT / "docs" / "reference" / "notes.md",
    ROOT / "docs" / "reference" / "http-api.md",
)


def renewed(text: str) -> str:
    """The text with every generated part as it should be."""
    for name, made in PARTS.items():
        begin, end = f"<!-- generated: {name} -->\n", "<!-- end -->"
        before, found, rest = text.partition(begin)
        if found:
            text = before + begin + made() + "\n" + end + rest.partition(end)[2]
    return text


def main() -> None:
    """Renew the files in place."""
    for file in FILES:
        file.write_text(renewed(file.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
