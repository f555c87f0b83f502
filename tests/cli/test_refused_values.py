"""Every value that the command line, the environment or a file gives is refused in one sentence that quotes it.

The options, arguments and settings are the product's own declarations, so that a new one cannot be forgotten: one that
takes any text must be named here with a text that it refuses, or with the reason why it refuses none.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from mediaproc.cli.main import _COMMANDS, root
from mediaproc.cli.options import WEB_SETTINGS
from mediaproc.config import PREFIX, Settings
from mediaproc.core.safe_text import shown
from tests.cli.clips import make_clip
from tests.cli.conftest import Command

# Typer's class, for which its public names have no type.
Parameter = Any

ODD = "neither this nor that"
# A file where a folder belongs, a path without a file where one belongs, a name of no profile.
ODD_TEXTS = {
    "--out": "FILE",
    "--watch": "FILE",
    "--watch-bucket": "sources",
    "--config": "/nowhere.toml",
    "--profile": "mp5",
    "--tenant": "ann\tben",
    "--move-to": "FILE",
    "--name": "a\tb",
}
ANY_TEXT = {
    "PATH": "a name of no file is a file that is refused, with code 1",
    "--because": "a reason is any text",
    "--with": "a name of no file is a file that is refused, with code 1",
    "URL": "a URL may hold a key, and is never quoted: see tests/test_guarded_http.py",
    "--draft-url": "as of URL",
}
# Any text is a valid path: a place that is not there, or cannot be made, is a missing part, with code 3.
PLACES = {"home", "scratch", "ffmpeg", "ffprobe"}
# Settings that hold passwords: their value is never quoted.
SECRETS = {"database_url", "store_url"}
NO_TEXT = {"profiles": "/nowhere.toml"}
OF_A_LIBRARY = ("Invalid value", "Input should", "valid integer", "parse", "Value error", "Traceback", "[Errno")


def _declared() -> Iterator[tuple[str, Parameter]]:
    """Each command's name with each of its parameters that has a value and is no setting."""
    group: Any = get_command(root)
    for name in _COMMANDS:
        command = group.get_command(None, name)
        inner = getattr(command, "commands", {"": command})
        for inner_name, each in inner.items():
            for parameter in each.params:
                if parameter.name not in Settings.model_fields and not getattr(parameter, "is_flag", False):
                    yield f"{name} {inner_name}".strip(), parameter


DECLARED = list(_declared())


def _name(parameter: Parameter) -> str:
    return str(parameter.opts[-1] if parameter.param_type_name == "option" else parameter.metavar)


def _required(command: str, *, but: str, tmp_path: Path) -> list[str]:
    values = {"PATH": str(tmp_path / "film.avi"), "ID": "1", "--out": str(tmp_path / "out")}
    values |= {
        "NAME": "prune",
        "CRON": "default",
        "URL": "https://example.com/hook",
        "N": "5",
        "--because": "why",
        "--scope": "read",
        "ID...": "0" * 12,
    }
    values |= {"ID... | 'WORDS'": "1", "--with": str(tmp_path / "film.avi")}
    names = [_name(each) for name, each in DECLARED if name == command and each.required and _name(each) != but]
    if command == "enqueue":
        # It wants either of two, and some options belong to the second one.
        of_a_watch = but in {"--move-to", "--quiet", "--every"}
        return ["--watch", str(tmp_path)] if of_a_watch else [] if but.startswith("--watch") else [values["PATH"]]
    return [word for name in names for word in ([name] if name.startswith("--") else []) + [values[name]]]


@pytest.mark.parametrize(("of", "parameter"), DECLARED, ids=[f"{name} {_name(each)}" for name, each in DECLARED])
def test_every_option_and_argument_refuses_a_value_in_our_words(
    site: Command,
    tmp_path: Path,
    of: str,
    parameter: Parameter,
) -> None:
    name = _name(parameter)
    if name in ANY_TEXT:
        pytest.skip(ANY_TEXT[name])
    (tmp_path / "file").touch()
    make_clip(tmp_path / "film.avi")
    value = ODD_TEXTS.get(name, ODD).replace("FILE", str(tmp_path / "file"))
    words = [*of.split(), *_required(of, but=name, tmp_path=tmp_path)]
    ran = site(*words, *([name] if name.startswith("--") else []), value)
    assert (ran.code, ran.out) == (2, "")
    _is_in_our_words(ran.err, value=shown(value))


RANGED = [
    (name, each, bound, bound + step)
    for name, each in DECLARED
    for bound, step in (
        (each.type_descriptor.parameter_info.min, -1),
        (each.type_descriptor.parameter_info.max, 1),
    )
    if bound is not None
]


@pytest.mark.parametrize(
    ("of", "parameter", "bound", "beyond"),
    RANGED,
    ids=[f"{name} {_name(each)} {bound}" for name, each, bound, _ in RANGED],
)
def test_a_number_beyond_its_bounds_is_quoted_and_the_bounds_are_said(
    site: Command,
    tmp_path: Path,
    of: str,
    parameter: Parameter,
    bound: float,
    beyond: float,
) -> None:
    name = _name(parameter)
    words = [*of.split(), *_required(of, but=name, tmp_path=tmp_path)]
    ran = site(*words, *([name] if name.startswith("--") else ["--"]), str(beyond))
    assert (ran.code, ran.out) == (2, "")
    _is_in_our_words(ran.err, value=str(beyond))
    assert str(bound) in ran.err


@pytest.mark.parametrize("source", ["option", "environment", "file"])
@pytest.mark.parametrize("setting", sorted(set(Settings.model_fields) - PLACES))
def test_every_setting_refuses_a_value_in_our_words(
    site: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, source: str
) -> None:
    value = NO_TEXT.get(setting, ODD)
    words: list[object] = ["enqueue", make_clip(tmp_path / "film.avi")]
    match source:
        case "option":
            words += [f"--{setting.replace('_', '-')}", value]
        case "environment":
            monkeypatch.setenv(f"{PREFIX}{setting.upper()}", value)
        case _:
            _unset(monkeypatch, setting)
            (tmp_path / "settings.toml").write_text(f'{setting} = "{value}"\n', encoding="utf-8")
            words += ["--config", tmp_path / "settings.toml"]
    if setting in WEB_SETTINGS:
        words = ["serve", *words[2:]]
    elif setting in NOT_OF_ENQUEUE:
        words = ["executor", "--until-idle", *words[2:]]
    ran = site(*words)
    assert (ran.code, ran.out) == (2, "")
    _is_in_our_words(ran.err, value=None if setting in SECRETS else value)
    assert (value in ran.err) == (setting not in SECRETS)


def _unset(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    """Remove the setting, and the one that it replaces, from the environment, which would beat a file."""
    for name in {setting, setting.removesuffix("_file")}:
        monkeypatch.delenv(f"{PREFIX}{name.upper()}", raising=False)


def _options_of(command: str) -> set[str]:
    group: Any = get_command(root)
    return {parameter.name for parameter in group.get_command(None, command).params}


NOT_OF_ENQUEUE = set(Settings.model_fields) - _options_of("enqueue")


@pytest.mark.parametrize("setting", sorted(Settings.model_fields))
def test_what_is_no_text_in_a_file_is_refused_in_our_words(
    site: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    _unset(monkeypatch, setting)
    (tmp_path / "settings.toml").write_text(f"{setting} = [[7]]\n", encoding="utf-8")
    ran = site("executor", "--until-idle", "--config", tmp_path / "settings.toml")
    assert (ran.code, ran.out) == (2, "")
    _is_in_our_words(ran.err, value=None if setting in SECRETS else "[[7]]")


def _is_in_our_words(told: str, *, value: str | None) -> None:
    (sentence,) = told.splitlines()
    assert value is None or value in sentence
    assert sentence.endswith(".")
    assert not [words for words in OF_A_LIBRARY if words in sentence]
