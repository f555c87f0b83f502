"""Whoever owns a film, ffmpeg reads it as a user who may, or it is refused with the reason."""

import os
import shutil
import threading
from pathlib import Path

import pytest

from mediaproc.core.errors import AttemptFailed, MediaprocError
from mediaproc.ffmpeg import sandbox as sandbox_module
from mediaproc.ffmpeg.runner import FfmpegRunner
from tests.ffmpeg.conftest import MakeClip
from tests.ffmpeg.ordinary_user import NOBODY

SOMEBODY = 4242

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has other users' files")


@as_root
@pytest.mark.parametrize("owner", [NOBODY, 0], ids=["of that user", "of root"])
def test_root_takes_a_film_out_of_another_users_private_folder(
    runner: FfmpegRunner, make_clip: MakeClip, open_folder: Path, stop: threading.Event, owner: int
) -> None:
    film = _in_private_folder(open_folder, make_clip(), owner=owner)
    assert runner.probe(film, stop=stop).videos


@as_root
def test_a_child_that_stays_root_cannot_reach_that_film(
    runner: FfmpegRunner,
    make_clip: MakeClip,
    open_folder: Path,
    stop: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sandbox_module, "find_child_user", lambda _: None)
    with pytest.raises(MediaprocError):
        runner.probe(_in_private_folder(open_folder, make_clip(), owner=NOBODY), stop=stop)


@as_root
def test_a_film_that_only_privileges_reach_is_refused(
    runner: FfmpegRunner, make_clip: MakeClip, open_folder: Path, stop: threading.Event
) -> None:
    film = _in_private_folder(open_folder, make_clip(), owner=SOMEBODY)
    film.chmod(0o600)
    with pytest.raises(AttemptFailed, match="copy it to a folder of its owner"):
        runner.probe(film, stop=stop)


def _in_private_folder(folder: Path, clip: Path, *, owner: int) -> Path:
    """A copy that everybody may read, in a folder of NOBODY that nobody else may enter."""
    private = folder / "private"
    private.mkdir(mode=0o700)
    film = Path(shutil.copyfile(clip, private / "film.avi"))
    film.chmod(0o644)
    os.chown(film, owner, owner)
    os.chown(private, NOBODY, NOBODY)
    return film
