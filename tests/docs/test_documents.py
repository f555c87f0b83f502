"""README and docs say what the product does: what is generated is current, and every command in them works."""

import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from mediaproc.cli.exit_codes import exit_codes_sentence
from mediaproc.cli.main import _COMMANDS
from mediaproc.config import PREFIX, Settings
from mediaproc.core.errors import ErrorClass
from tests.cli.clips import make_clip
from tests.cli.conftest import Command
from tests.db.sample_rows import claimed, executor, insert_task, rejected, set_back
from tests.docs.generated import FILES, ROOT, renewed, state_diagram, views_table

README = ROOT / "README.md"
DOCUMENTS = [README, *sorted((ROOT / "docs").rglob("*.md"))]
# Installing comes from a registry, which is not a test's to ask; containers need an engine; the rest sets up a shell.
_NOT_RUN = ("make wheel", "pip ", "python3 -m venv", "mediaproc-venv/bin/pip ", "export ", "docker compose ")
# Commands whose exit code depends on earlier commands, or on the health of the site.
_MAY_REFUSE = ("status", "tasks retry", "tasks cancel", "tasks complete", "files delete", "webhooks")
# The values for the placeholders of commands in sentences.
_MEANT = {
    "PATH...": "old-videos",
    "DIR": "mp4s",
    "ID": "1",
    "ID...": "1",
    "[ID]": "1",
    "[DELIVERY...]": "1",
    "SCOPE,...": "read",
    "URL": "https://example.com/",
}
# Commands that run until they are told to stop, and what each logs when it works.
_DAEMONS = {"executor": "executor_started", "serve": "serving"}
# Commands that need arguments, or never end: where a sentence has only the name, `--help` is run.
_NAMES_ONLY = (
    "enqueue",
    "enqueue --tenant T",
    "enqueue --watch DIR",
    "enqueue --watch-bucket PREFIX",
    "transcode",
    "executor",
    "serve",
    "status --watch",
    "tasks show",
    "tasks show ID --follow",
    "tasks show --json",
    "files delete",
    "tasks retry",
    "tasks cancel",
    "tasks reject",
    "tasks priority",
    "tasks complete",
    "token create",
    "token revoke",
    "schedules set",
    "schedules pause",
    "schedules resume",
    "schedules run",
)


def _blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)


def _command_lines(document: Path) -> list[str]:
    lines = [line for block in _blocks(document, "sh") for line in block.splitlines() if line.strip()]
    return [line for line in lines if not line.startswith(_NOT_RUN)]


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_what_is_generated_is_current(file: Path) -> None:
    written = file.read_text(encoding="utf-8")
    assert written == renewed(written), "run `python -m tests.docs.generated`"


def test_a_change_of_the_product_would_be_seen() -> None:
    outdated = README.read_text(encoding="utf-8").replace("rejected --> pending: retry", "")
    assert renewed(outdated) != outdated


def test_a_failed_task_that_waits_for_a_person_is_told_apart_in_the_diagram() -> None:
    diagram = state_diagram()
    assert "failed --> processing: claim, with fewer than 3 strikes" in diagram
    assert (
        "note right of failed: tried again by itself until it has 3 strikes, then exhausted (waits for a person)"
        in diagram
    )
    assert re.findall(r"note right of (\w+)", diagram) == ["failed", "rejected"]


def test_the_readme_says_what_it_is_and_then_its_two_targets() -> None:
    title, what_it_is, code, *_ = README.read_text(encoding="utf-8").split("\n\n")
    assert title == "# mediaproc"
    assert what_it_is.startswith("mediaproc turns every video ")
    assert all(line.startswith("    make ") for line in code.splitlines()), "the first code is what anybody can run"
    targets = {line.split()[1] for line in code.splitlines()}
    assert targets == {"demo", "test"}
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(re.search(rf"^{target}:", made, re.MULTILINE) for target in targets)


def test_the_readme_names_every_command_setting_and_view() -> None:
    written = README.read_text(encoding="utf-8")
    commands = [name for name in _COMMANDS if name != "tasks"] + [f"tasks {name}" for name in _TASK_COMMANDS]
    assert [name for name in commands if f"mediaproc {name}" not in written] == []
    assert [name for name in Settings.model_fields if f"{PREFIX}{name.upper()}" not in written] == []
    views = re.findall(r"ops\.\w+", views_table())
    queries = "\n".join(_blocks(README, "sql"))
    assert views
    assert [view for view in views if view not in queries] == [], "each view has an example"


def test_the_readme_says_the_exit_codes_as_the_help_does() -> None:
    assert exit_codes_sentence() in " ".join(README.read_text(encoding="utf-8").split())


_TASK_COMMANDS = ("list", "show", "retry", "cancel")


def test_the_reference_explains_every_error_class_and_no_other() -> None:
    written = (ROOT / "docs" / "reference" / "error-classes.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", written, re.MULTILINE)) == {str(each) for each in ErrorClass}


def test_no_link_between_documents_is_broken() -> None:
    broken = [
        (document.name, link)
        for document in DOCUMENTS
        for link in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8"))
        if not (document.parent / link).exists()
    ]
    assert broken == []


def test_the_readme_leads_to_every_document_of_the_four_kinds() -> None:
    written = README.read_text(encoding="utf-8")
    kinds = ("tutorial", "how-to", "reference", "explanation")
    paths = [str(path.relative_to(ROOT)) for kind in kinds for path in (ROOT / "docs" / kind).glob("*.md")]
    assert [path for path in sorted(paths) if f"({path})" not in written] == []


@pytest.mark.parametrize("document", [each for each in DOCUMENTS if _command_lines(each)], ids=lambda path: path.stem)
def test_every_command_works(
    document: Path, site: Command, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make_videos(tmp_path, monkeypatch)
    # Any free port: another test may listen on the usual one.
    monkeypatch.setenv("MEDIAPROC_LISTEN", "127.0.0.1:0")
    with engine.begin() as connection:
        insert_task(connection, 1)
        set_back(connection, claimed(connection, executor(connection)), rejected())
    with ExitStack() as daemons:
        for line in _command_lines(document):
            program, *arguments = shlex.split(line, comments=True)
            assert program == "mediaproc", line
            if arguments[0] in _DAEMONS and "--until-idle" not in arguments:
                daemons.enter_context(_daemon(arguments))
                continue
            _run(site, arguments)


def test_every_command_that_a_sentence_names_works(
    site: Command, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make_videos(tmp_path, monkeypatch)
    with engine.begin() as connection:
        insert_task(connection, 1)
    written = "\n".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    named = set(re.findall(r"`mediaproc ([^`\n]+)`", written)) - {"COMMAND --help"}
    assert len(named) > 10
    for command_line in sorted(named):
        words = [_MEANT.get(word, word) for word in shlex.split(command_line)]
        _run(site, [*words, "--help"] if command_line in _NAMES_ONLY else words)


def test_the_tutorial_works_with_nothing_set_up(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make_videos(tmp_path, monkeypatch)
    for line in _command_lines(ROOT / "docs" / "tutorial" / "first-hour.md"):
        _run(command, shlex.split(line, comments=True)[1:])
    assert [path.name for path in (tmp_path / "mp4s").iterdir()] == ["film.mp4"]


def _make_videos(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for name in ("old-videos", "uploads"):
        make_clip(folder / name / "film.avi", seed=len(name))


def _run(command: Command, arguments: list[str]) -> None:
    ran = command(*arguments)
    allowed = {0, 1} if " ".join(arguments).startswith(_MAY_REFUSE) else {0}
    assert ran.code in allowed, f"{arguments}\n{ran.out}\n{ran.err}"


@contextmanager
def _daemon(arguments: list[str]) -> Iterator[None]:
    """A long-running process beside the other commands, drained at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mediaproc", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        assert any(_DAEMONS[arguments[0]] in line for line in process.stderr)
        yield
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("document", [each for each in DOCUMENTS if _blocks(each, "sql")], ids=lambda path: path.stem)
def test_every_query_works(document: Path, engine: Engine) -> None:
    statements = [each.strip() for block in _blocks(document, "sql") for each in block.split(";") if each.strip()]
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
        # A role belongs to the whole server: the rollback removes it.
        connection.rollback()
