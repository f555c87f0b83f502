"""The private server's folder may have any name, is closed to other users, and is refused in one sentence."""

import os
import stat
from pathlib import Path

import psutil
import pytest

from mediaproc.core.errors import PartMissing
from mediaproc.db.faults import translated
from mediaproc.embedded import private_server
from mediaproc.embedded.cluster import pid_file_lines
from tests.embedded.server_users import answers, ends, server_pid, supervisor_pid


@pytest.mark.parametrize("name", ["with blanks in it", "l" * 90, 'odd "quoted", name', "电影"])
def test_a_home_may_have_any_name(tmp_path: Path, name: str) -> None:
    with private_server(tmp_path / name) as url:
        assert answers(url)
        folder = Path(pid_file_lines(tmp_path / name / "postgres" / "data")[4])
        assert folder.is_dir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        supervisor = os.pidfd_open(supervisor_pid(tmp_path / name))
    assert ends(supervisor)
    os.close(supervisor)
    assert tmp_path in folder.parents or not folder.exists()


def test_nothing_is_open_to_other_users(tmp_path: Path) -> None:
    with private_server(tmp_path) as url:
        assert answers(url)
        postgres = tmp_path / "postgres"
        for path in (postgres, postgres / "data", postgres / "run", postgres / "password"):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        with pytest.raises(PartMissing, match="password is wrong"), translated():
            answers(url.replace("mediaproc:", "mediaproc:not"))
        # Only this server's sockets count: another server of this machine may listen on PostgreSQL's port.
        assert psutil.Process(server_pid(tmp_path)).net_connections("tcp") == []


def test_a_folder_of_another_version_gets_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    (tmp_path / "postgres" / "data" / "PG_VERSION").write_text("9\n", encoding="utf-8")
    with pytest.raises(PartMissing, match="was made by PostgreSQL 9, which is not on this machine"):  # noqa: SIM117
        with private_server(tmp_path):
            pass


def test_a_home_that_cannot_be_made_gets_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file", encoding="utf-8")
    with pytest.raises(PartMissing, match="set MEDIAPROC_HOME"):  # noqa: SIM117
        with private_server(tmp_path / "home"):
            pass
