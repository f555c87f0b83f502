"""Films whose titles are written for a terminal, a log or a web page."""

from collections.abc import Iterator
from pathlib import Path

from tests.attacks.attack import Attack, Observation
from tests.attacks.attack_folder import AttackFolder

# What the attacker's text holds, so that it is found wherever it is kept.
MARK = "OWNED"

_FORMS = ("matroska", "avi", "mp4", "asf", "ogg")

_TITLES = {
    "terminal escapes": f"\x1b[2J{MARK}\x07",
    "a forged log line": f"x\n2026-01-01 ERROR {MARK}",
    "markup": f"<script>{MARK}()</script>",
    "right-to-left override": f"\u202e{MARK}",
    "a format string": f"%s%n{MARK}",
    "a shell's command": f"$({MARK})`{MARK}`",
    "SQL": f"'; DROP TABLE media_files; -- {MARK}",
}


def _is_kept(observation: Observation) -> bool:
    return MARK in observation.kept


def _titled(folder: AttackFolder, *, title: str, form: str) -> Path:
    codec = {"ogg": "libtheora"}.get(form, "mpeg4")
    return folder.clip("-c:v", codec, "-metadata", f"title={title}", "-metadata:s:v", f"title={title}", form=form)


def _texts() -> Iterator[Attack]:
    for what, title in _TITLES.items():
        for form in _FORMS if what == "terminal escapes" else _FORMS[:1]:
            yield Attack(
                name=f"a title with {what} in {form}",
                make=lambda folder, title=title, form=form: _titled(folder, title=title, form=form),  # type: ignore[misc]
                harm=_is_kept,
                harm_name="the attacker's text is passed on",
            )


TEXTS: tuple[Attack, ...] = tuple(_texts())
