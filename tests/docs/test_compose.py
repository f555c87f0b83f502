"""The compose file is valid, and gives each service only its own secrets."""

import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest

from mediaproc.config import PREFIX, Settings
from tests.docs.generated import ROOT

_COMPOSE = shutil.which("docker-compose")
# What compose.yaml and the image set themselves, since it names their own parts and folders.
_OF_THE_IMAGE = {
    "database_url",
    "database_url_file",
    "store_url",
    "store_url_file",
    "home",
    "scratch",
    "ffmpeg",
    "ffprobe",
}
pytestmark = pytest.mark.skipif(_COMPOSE is None, reason="docker-compose is not installed (tests/system-packages.txt)")


def _config(folder: Path, *, profile: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    assert _COMPOSE is not None
    # A copy, out of reach of a developer's own .env.
    shutil.copy(ROOT / "compose.yaml", folder)
    if profile:
        shutil.copytree(ROOT / "deploy", folder / "deploy")
    return subprocess.run(
        [_COMPOSE, "config"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_file_is_understood(tmp_path: Path) -> None:
    config = _config(tmp_path, MEDIAPROC_SHARD="1/2")
    assert config.returncode == 0, config.stderr
    assert "MEDIAPROC_SHARD: 1/2" in config.stdout


def test_every_setting_of_a_site_can_be_made_in_the_env_file(tmp_path: Path) -> None:
    values = {f"{PREFIX}{name.upper()}": f"of-{name}" for name in Settings.model_fields if name not in _OF_THE_IMAGE}
    lines = [f"{name}={value}\n" for name, value in (values | {"STOP_GRACE_PERIOD": "315s"}).items()]
    (tmp_path / ".env").write_text("".join(lines), encoding="utf-8")
    services = _parts_of(_parts_of(_config(tmp_path).stdout)["services"])
    given = _parts_of(_parts_of(services["executor"])["environment"])
    assert {name: given.get(name, "").strip() for name in values} == values
    assert re.search(r"stop_grace_period: (5m15s|315s)", services["executor"])


def test_what_the_env_file_does_not_set_is_left_to_the_defaults(tmp_path: Path) -> None:
    services = _parts_of(_parts_of(_config(tmp_path).stdout)["services"])
    given = _parts_of(_parts_of(services["executor"])["environment"])
    assert given[f"{PREFIX}SLOTS"].strip() in {"", "null"}


def test_it_is_a_whole_site_in_the_order_in_which_it_can_start(tmp_path: Path) -> None:
    config = _config(tmp_path).stdout
    services = _parts_of(_parts_of(config)["services"])
    assert set(services) == {"database", "store", "migrate", "grants", "key", "executor", "enqueue", "operate", "page"}
    for name in ("database", "store", "executor"):
        healthcheck = _parts_of(services[name])["healthcheck"]
        assert "test:" in healthcheck, name
        assert "restart: unless-stopped" in services[name]
    waits_for = {
        name: dict(re.findall(r"^(\w+):\n  condition: (\w+)", _parts_of(services[name])["depends_on"], re.MULTILINE))
        for name in ("migrate", "grants", "key", "executor")
    }
    assert waits_for == {
        "migrate": {"database": "service_healthy"},
        "grants": {"migrate": "service_completed_successfully"},
        "key": {"store": "service_healthy"},
        "executor": {"grants": "service_completed_successfully", "key": "service_completed_successfully"},
    }
    assert "- migrate" in _parts_of(services["migrate"])["command"]


def test_ffmpeg_runs_in_bubblewrap_or_the_executor_does_not_start(tmp_path: Path) -> None:
    services = _parts_of(_parts_of(_config(tmp_path).stdout)["services"])
    executor = _parts_of(services["executor"])
    assert _parts_of(executor["environment"])[f"{PREFIX}SANDBOX"].strip() == "require"
    assert re.findall(r"^- (\w+)[:=](\S+)", executor["security_opt"], re.MULTILINE) == [
        ("seccomp", "./deploy/seccomp.json"),
        ("apparmor", "unconfined"),
    ]


def test_without_its_profile_of_system_calls_nothing_is_started(tmp_path: Path) -> None:
    """docker-compose reads the seccomp profile, as tests/attacks/test_container.py does, and hands it to Docker."""
    config = _config(tmp_path, profile=False)
    assert config.returncode != 0
    assert "seccomp" in config.stderr


def test_what_must_outlive_a_container_has_a_named_volume(tmp_path: Path) -> None:
    config = _parts_of(_config(tmp_path).stdout)
    assert set(_parts_of(config["volumes"])) == {"database", "objects", "scratch"}
    services = _parts_of(config["services"])
    for name, volume in (
        ("database", "database:/var/lib/postgresql/data"),
        ("store", "objects:/data"),
        ("executor", "scratch:/scratch"),
    ):
        assert volume in _parts_of(services[name])["volumes"]


def test_an_executor_is_not_killed_before_its_drain_has_ended(tmp_path: Path) -> None:
    config = _config(tmp_path).stdout
    (minutes, seconds) = re.findall(r"stop_grace_period: (?:(\d+)m)?(\d+)s", config)[0]
    assert 60 * int(minutes or 0) + int(seconds) >= Settings.model_fields["drain_grace"].default + 10


def _parts_of(config: str) -> dict[str, str]:
    """The keys of one level of what `config` prints, each with what is indented below it."""
    parts = re.split(r"^(\S+?):[ \n]", config, flags=re.MULTILINE)
    return {name: textwrap.dedent(body) for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def test_no_environment_holds_a_secret_and_each_part_is_lent_its_own(tmp_path: Path) -> None:
    services = _parts_of(_parts_of(_config(tmp_path).stdout)["services"])
    lent: dict[str, set[str]] = {}
    for name, service in services.items():
        parts = _parts_of(service)
        for variable, value in _parts_of(parts.get("environment", "")).items():
            if variable.endswith(("_FILE", "PASSWORD", "URL")):
                assert value.strip().startswith("/run/secrets/"), variable
        lent[name] = set(re.findall(r"source: (\w+)", parts.get("secrets", "")))
    assert lent == {
        "database": {"database_password"},
        "store": {"store_password"},
        "migrate": {"owner_url"},
        "grants": {"owner_url", "executor_url", "enqueuer_url", "operator_url", "server_url"},
        "key": {"store_url", "store_password"},
        "executor": {"executor_url", "store_url"},
        "enqueue": {"enqueuer_url", "store_url"},
        "operate": {"operator_url", "store_url"},
        "page": {"server_url", "store_url"},
    }


def test_no_secret_is_committed() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {".env", "secrets/"} <= set(ignored)
    assert "PASSWORD" not in (ROOT / ".env.example").read_text(encoding="utf-8")
