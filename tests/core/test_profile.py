import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.errors import WrongUse
from mediaproc.core.profile import BUILT_IN, profile_named
from mediaproc.core.site_profiles import parse_profiles


def test_the_built_in_profiles_are_what_the_site_was_promised() -> None:
    assert set(BUILT_IN) == {"mp4", "mp4-quality", "mp3", "gif", "poster", "draft", "draft-fetch"}
    mp4 = profile_named("mp4")
    assert (mp4.encoder_speed, mp4.crf, mp4.max_height) == ("veryfast", 23, 1080)
    assert (mp4.extension, mp4.mime_type) == ("mp4", "video/mp4")
    assert profile_named("mp4-quality").encoder_speed == "medium"


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(WrongUse) as caught:
        profile_named("mp5")
    known = "draft, draft-fetch, gif, mp3, mp4, mp4-quality, poster"
    assert str(caught.value) == f"There is no profile 'mp5'; known profiles are {known}."


def test_a_site_adds_a_profile_to_the_built_in_ones() -> None:
    extra = parse_profiles('[profile.mp4-small]\nbase = "mp4"\nmax_height = 480\ncrf = 28\nencoder_speed = "fast"\n')
    small = profile_named("mp4-small", extra=extra)
    assert (small.name, small.max_height, small.crf, small.encoder_speed) == ("mp4-small", 480, 28, "fast")
    assert small.mime_type == "video/mp4"
    assert profile_named("mp4", extra=extra) == BUILT_IN["mp4"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[profile.x", "not valid TOML"),
        ("[profiles.x]\n", "holds 'profiles'; only tables named"),
        ("profile = 1\n", "must hold tables named"),
        ("[profile]\nx = 1\n", "The profile 'x' must be a table"),
        ("[profile.X]\n", "The profile 'X' needs another name"),
        ("[profile.x-]\n", "The profile 'x-' needs another name"),
        ('[profile.mp4]\nbase = "mp4"\n', "'mp4' is built in; give yours another name"),
        ("[profile.x]\ncrf = 20\n", "'x' needs a base, one of draft, gif, mp3, mp4"),
        ('[profile.x]\nbase = "webm"\n', "'x' needs a base"),
        (
            '[profile.x]\nbase = "mp4"\nheight = 1\n',
            "unknown key 'height'; known are base, encoder_speed, background, accept_missing, crf",
        ),
        ('[profile.x]\nbase = "mp4"\ncrf = 0\n', "crf 0; it is a whole number 1 to 51"),
        ('[profile.x]\nbase = "mp4"\ncrf = true\n', "crf True"),
        ('[profile.x]\nbase = "draft"\naccept_missing = 1\n', "accept_missing 1; it is true or false"),
        ('[profile.x]\nbase = "mp4"\ncrf = "23"\n', "crf '23'"),
        ('[profile.x]\nbase = "mp4"\nencoder_speed = "warp"\n', "it is one of ultrafast"),
    ],
)
def test_a_mistake_in_a_sites_profiles_is_one_clear_sentence(text: str, complaint: str) -> None:
    with pytest.raises(WrongUse, match=complaint):
        parse_profiles(text)


@given(text=st.text(max_size=200))
def test_no_text_raises_anything_but_wrong_use(text: str) -> None:
    try:
        parse_profiles(text)
    except WrongUse:
        return
