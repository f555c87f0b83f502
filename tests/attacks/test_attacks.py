"""Each hostile upload does harm in a plain pipeline, and none in ours."""

import shutil

import pytest

from mediaproc.ffmpeg.tools import Tools
from tests.attacks.attack import Attack
from tests.attacks.attack_run import Mode, modes_here, observe_our_pipeline, observe_plain_pipeline
from tests.attacks.makers import ATTACKS
from tests.attacks.makers.references import TRIPWIRE
from tests.attacks.observers import listening
from tests.attacks.passwd import PASSWD, may_take_its_place
from tests.attacks.table import HARM, TABLE

MODES = modes_here()

# The ffmpeg of Debian 12. Later versions refuse some attacks by themselves (7.0 takes no HLS playlist under another
# name): with them the plain pipeline need not do harm; ours must do none with any version.
FALLS_FOR_ALL = "5.1."

# Here each attack runs in one mode, chosen in turns; `make attacks` runs each attack in all modes.
IN_TURNS = [(attack, MODES[place % len(MODES)]) for place, attack in enumerate(ATTACKS)]


def test_there_are_enough_attacks_to_speak_of() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 60


@pytest.mark.parametrize(("attack", "mode"), IN_TURNS, ids=[attack.name for attack in ATTACKS])
def test_an_attack_harms_a_plain_pipeline_and_not_ours(attack: Attack, mode: Mode, tools: Tools) -> None:
    needs_bubblewrap(mode)
    needs_a_copy_of_passwd(attack)
    with listening() as listener:
        plain = observe_plain_pipeline(attack, tools=tools, listener=listener)
    harmed = attack.harm(plain) or not tools.version.startswith(FALLS_FOR_ALL)
    assert harmed, f"the plain pipeline was to show that {attack.harm_name}: {plain}"
    with listening() as listener:
        ours = observe_our_pipeline(attack, tools=tools, mode=mode, listener=listener)
    assert not attack.harm(ours), f"{attack.harm_name}: {ours}"


def test_the_table_in_the_documentation_tells_of_these_attacks_and_of_no_harm() -> None:
    rows = [line.split(" | ") for line in TABLE.read_text().partition("## ")[0].splitlines() if line.startswith("| ")]
    names = [row[0].removeprefix("| ").replace("\\|", "|") for row in rows[1:]]
    assert names == [attack.name for attack in ATTACKS]
    assert not any(HARM in cell for row in rows for cell in row)


def test_ffmpeg_still_follows_no_link_between_matroska_files(tools: Tools) -> None:
    with listening() as listener:
        assert not TRIPWIRE.harm(observe_plain_pipeline(TRIPWIRE, tools=tools, listener=listener))
        assert not TRIPWIRE.harm(observe_our_pipeline(TRIPWIRE, tools=tools, mode=MODES[-1], listener=listener))


def needs_bubblewrap(mode: Mode) -> None:
    if mode.sandbox == "require" and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")


def needs_a_copy_of_passwd(attack: Attack) -> None:
    if attack.watched == PASSWD and not may_take_its_place():
        pytest.skip(f"this user may not mount a copy over {PASSWD}")
