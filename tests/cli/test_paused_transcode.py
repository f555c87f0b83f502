"""A `transcode` of a site that is paused waits, says for whose pause, and goes on when it is resumed."""

import subprocess
import sys
from pathlib import Path

from mediaproc.acts import pauses
from mediaproc.core.pause import Scope
from mediaproc.db.database import Database
from tests.cli.clips import make_clip
from tests.parts.postgres import WHOLE_SITE, as_role
from tests.parts.settings import told
from tests.parts.site import Site


def test_transcode_waits_for_a_pause_and_says_so(directory_site: Site, database_url: str, tmp_path: Path) -> None:
    clip, database = make_clip(tmp_path / "film.avi"), Database(directory_site.engine)
    # Of the profile alone, which is all that this command has to do.
    pauses.pause(database, scope=Scope(profile="mp4"), because="[/] new disks", actor="ann@desk")
    with subprocess.Popen(
        [sys.executable, "-m", "mediaproc", "transcode", str(clip), "--out", str(tmp_path / "mp4s")],
        env=told(directory_site.settings | {"database_url": as_role(database_url, WHOLE_SITE)}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            said = next(line for line in process.stderr if line.startswith("Waiting"))
            assert said == "Waiting: Profile mp4 is paused by ann@desk until it is resumed ([/] new disks).\n"
            assert not directory_site.attempts()
            pauses.resume(database, scope=Scope(profile="mp4"), actor="ann@desk")
            process.stderr.read()
            assert process.wait() == 0
        finally:
            process.kill()
    assert [path.name for path in (tmp_path / "mp4s").iterdir()] == ["film.mp4"]
