from dataclasses import replace

import pytest

from mediaproc.core.plan.audio_filters import audio_graph
from tests.core.plan.sources import SOUND


def test_silence_is_never_put_in_from_zero() -> None:
    text = audio_graph([replace(SOUND, channels=6, layout="5.1")]).text
    assert "aresample=48000:async=1000:flags=res" in text
    assert "first_pts" not in text
    assert "alimiter" in text
    assert "alimiter" not in audio_graph([SOUND]).text


@pytest.mark.parametrize(
    ("channels", "layout", "spread"),
    [(12, "", True), (4, "", False), (6, "5.1(side)", False), (4, "ambisonic 1", True)],
)
def test_channels_of_which_nobody_knows_the_place_are_spread(channels: int, layout: str, spread: bool) -> None:  # noqa: FBT001
    assert ("pan=stereo" in audio_graph([replace(SOUND, channels=channels, layout=layout)]).text) is spread
