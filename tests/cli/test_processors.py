"""A package brings a processor: once it is installed its profile is there, and with it goes."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediaproc.processors import installed_processors
from tests.cli.clips import make_clip
from tests.cli.conftest import Command
from tests.parts.quick_tools import quick_tools

_EXAMPLE = Path(__file__).resolve().parents[2] / "examples/checksum-report"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which this process looks for packages, too."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    # The run of another test may have looked.
    installed_processors.cache_clear()
    yield folder
    installed_processors.cache_clear()
    sys.modules.pop("checksum_report", None)


def _install_the_example(folder: Path) -> None:
    offline = ("--no-deps", "--no-index", "--no-build-isolation", "--no-cache-dir", "--disable-pip-version-check")
    command = [sys.executable, "-m", "pip", "install", "--quiet", *offline, "--target", str(folder), str(_EXAMPLE)]
    subprocess.run(command, check=True, capture_output=True)


def _checksums(film: Path) -> str:
    """What ffmpeg itself says."""
    command = [str(quick_tools().ffmpeg), "-v", "error", "-i", str(film), "-c", "copy", "-f", "streamhash"]
    return subprocess.run([*command, "-hash", "sha256", "-"], check=True, capture_output=True, text=True).stdout


def test_the_example_is_installed_works_and_is_gone_with_its_package(
    site: Command, packages: Path, tmp_path: Path
) -> None:
    film = make_clip(tmp_path / "film.avi")
    _install_the_example(packages)
    [told] = [each for each in site("doctor", "--json").objects() if each["part"] == "processor checksum-report"]
    assert told["distribution"] == "mediaproc-checksum-report"
    assert (told["version"], told["profiles"], told["state"]) == ("1.0", ["checksum-report"], "fine")

    ran = site("transcode", film, "--profile", "checksum-report", "--out", tmp_path / "out", "--json")
    assert ran.code == 0, ran
    [outcome] = ran.objects()
    assert (outcome["outcome"], outcome["verification"]) == ("completed", "verified")
    assert (tmp_path / "out" / "film.txt").read_text() == _checksums(film)

    sys.path.remove(str(packages))
    installed_processors.cache_clear()
    ran = site("transcode", film, "--profile", "checksum-report", "--out", tmp_path / "out")
    assert ran.code == 2
    assert "There is no profile 'checksum-report'; known profiles are draft, draft-fetch, gif, mp3" in ran.err


_BROKEN = {
    "absent": "No module named 'absent'",
    "odd": "has no method accepts",
}


def test_a_broken_one_is_a_sentence_of_doctor_and_of_the_executor_and_stops_nothing(
    site: Command, packages: Path
) -> None:
    (packages / "odd.py").write_text("Odd = 7\n")
    for name in _BROKEN:
        facts = packages / f"{name}-0.3.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.3\n")
        (facts / "entry_points.txt").write_text(f"[mediaproc.processors]\n{name} = {name}:Odd\n")
    ran = site("doctor", "--json")
    assert ran.code == 0, ran
    told = [each for each in ran.objects() if each["part"] == "processor"]
    assert [each["state"] for each in told] == ["warning", "warning"]
    for found, (name, fault) in zip(told, _BROKEN.items(), strict=True):
        assert found["fact"].startswith(f"The processor {name} of {name} 0.3 ")
        assert fault in found["fact"]
        assert found["remedy"].endswith("the package.") or found["remedy"].endswith("remove it.")
    ran = site("executor", "--until-idle")
    assert ran.code == 0, ran
    assert ran.err.count("processor_broken") == len(_BROKEN)
