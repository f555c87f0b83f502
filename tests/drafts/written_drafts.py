"""Forty drafts over rows 1 to 11 of the format's features, each with what it is about."""

from collections.abc import Callable
from typing import Any

from tests.drafts.materials import STILLS
from tests.drafts.writing import DraftWriter, Segment, Settings, Written

_DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"
_SERIF = "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"
FACES = (_DEJAVU, _SERIF)


def _cuts(draft: DraftWriter) -> None:
    main = draft.track()
    draft.put(main, draft.clip("a.mp4", 0, 1, source=0.5), draft.clip("b.mp4", 1, 1, source=2))
    draft.put(main, draft.clip("a.mp4", 2, 1, source=4))


def _gaps(draft: DraftWriter) -> None:
    main = draft.track()
    draft.put(main, draft.clip("a.mp4", 0.5, 1), draft.clip("b.mp4", 2, 0.8, source=1))
    draft.put(draft.track("audio"), draft.sound("beep.wav", 0.2, 3))


def _short_cuts(draft: DraftWriter) -> None:
    main, start = draft.track(), 0.0
    for place, length in enumerate((0.2, 0.1, 0.3, 0.1, 0.4, 0.2, 0.1, 0.6)):
        draft.put(main, draft.clip(("a.mp4", "b.mp4")[place % 2], start, length, source=place * 0.5))
        start = round(start + length, 3)


def _odd_times(draft: DraftWriter) -> None:
    main, start = draft.track(), 0.0
    for length in (0.766667, 0.333333, 1.234567, 0.4):
        draft.put(main, draft.clip("a.mp4", start, length, source=0.2))
        start = round(start + length, 6)


def _many_layers(draft: DraftWriter) -> None:
    for place, name in enumerate(("a.mp4", "b.mp4", "c.mp4", "photo.jpg")):
        settings: Settings = {"transform_x": 0.2 * place, "transform_y": -0.2 * place, "scale_x": 1 - 0.2 * place}
        clip = draft.clip(name, 0.2 * place, 2.0 - 0.2 * place, **settings, scale_y=settings["scale_x"])
        draft.put(draft.track(), clip)


def _portrait(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("a.mp4", 0, 1), draft.clip("tall.mp4", 1, 1))


def _square(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("square.mp4", 0, 1), draft.clip("tall.mp4", 1, 1), draft.clip("b.mp4", 2, 1))


def _crop(draft: DraftWriter) -> None:
    crop = {"upper_left_x": 0.25, "lower_left_x": 0.25, "upper_left_y": 0.1, "upper_right_y": 0.1}
    draft.put(draft.track(), draft.clip("a.mp4", 0, 2, crop=crop))


def _volumes(draft: DraftWriter) -> None:
    main = draft.track()
    draft.put(main, draft.clip("a.mp4", 0, 1, volume=0.5), draft.clip("b.mp4", 1, 1, volume=2.0))
    draft.put(main, draft.clip("c.mp4", 2, 1, volume=0.0))
    draft.put(draft.track("audio"), draft.sound("mono.wav", 0.4, 2, volume=0.7))


def _many_sounds(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("silent.mp4", 0, 3))
    draft.put(draft.track("audio"), draft.sound("music.mp3", 0, 3, source=2, volume=0.5))
    draft.put(draft.track("audio"), draft.sound("voice.m4a", 0.5, 1.5, source=1))
    draft.put(draft.track("audio"), draft.sound("beep.wav", 1, 0.4), draft.sound("beep.wav", 2, 0.4, source=3))
    draft.put(draft.track("audio", mute=True), draft.sound("mono.wav", 0, 3))


def _fades(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("silent.mp4", 0, 4))
    draft.put(draft.track("audio"), draft.sound("music.mp3", 0, 4).add_fade("1s", "1.5s"))
    draft.put(draft.track("audio"), draft.sound("voice.m4a", 1, 2, volume=0.5).add_fade("0.5s", "0s"))


def _volume_keyframes(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.keyframes(draft.clip("a.mp4", 0, 4), "volume", (0, 0.2), (1, 1.0), (3, 1.0), (4, 0)))
    ducked = draft.sound("music.mp3", 0, 4)
    for seconds, gain in ((0, 1.0), (1, 1.0), (1.5, 0.25), (3, 0.25), (3.5, 1.0)):
        ducked.add_keyframe(round(seconds * 1e6), gain)
    draft.put(draft.track("audio"), ducked)


def _muted_second(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("a.mp4", 0, 2))
    above = draft.track(mute=True)
    draft.put(above, draft.clip("b.mp4", 0.5, 1, scale_x=0.5, scale_y=0.5))


def _half_speed(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("a.mp4", 0, 2, source=1, speed=0.5), draft.clip("b.mp4", 2, 1))


def _double_speed(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("a.mp4", 0, 2, source=0.5, speed=2.0), draft.clip("b.mp4", 2, 1))


def _other_speeds(draft: DraftWriter) -> None:
    main = draft.track()
    draft.put(main, draft.clip("a.mp4", 0, 1, speed=1.25), draft.clip("b.mp4", 1, 1, speed=4.0, source=1))
    draft.put(main, draft.clip("a.mp4", 2, 1, speed=0.8, source=3))


def _sound_speeds(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("silent.mp4", 0, 4))
    track = draft.track("audio")
    draft.put(track, draft.sound("voice.m4a", 0, 2, speed=1.5), draft.sound("voice.m4a", 2, 2, speed=0.5, source=1))
    higher = draft.sound("beep.wav", 0.5, 2, speed=1.5, change_pitch=True)
    draft.put(draft.track("audio"), higher)


def _placed(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("a.mp4", 0, 2))
    above = draft.track()
    half: Settings = {"scale_x": 0.5, "scale_y": 0.5}
    draft.put(above, draft.clip("b.mp4", 0, 1, transform_x=0.5, transform_y=0.5, **half))
    draft.put(above, draft.clip("b.mp4", 1, 1, transform_x=-0.6, transform_y=-0.3, scale_x=0.4, scale_y=0.4))


def _beyond_the_edge(draft: DraftWriter) -> None:
    main = draft.track()
    draft.put(main, draft.clip("a.mp4", 0, 1, scale_x=1.5, scale_y=1.5, transform_x=0.3, transform_y=-0.2))
    draft.put(main, draft.clip("b.mp4", 1, 1, transform_x=0.8, transform_y=0.6))


def _uneven_scale(draft: DraftWriter) -> None:
    clip = draft.clip("a.mp4", 0, 1, scale_x=0.5, scale_y=0.9)
    clip.uniform_scale = False
    other = draft.clip("tall.mp4", 1, 1, scale_x=2.0, scale_y=0.6)
    other.uniform_scale = False
    draft.put(draft.track(), clip, other)


def _flips(draft: DraftWriter) -> None:
    main = draft.track()
    draft.put(
        main, draft.clip("a.mp4", 0, 0.8, flip_horizontal=True), draft.clip("b.mp4", 0.8, 0.8, flip_vertical=True)
    )
    draft.put(main, draft.clip("a.mp4", 1.6, 0.8, flip_vertical=True, flip_horizontal=True, scale_x=0.7, scale_y=0.7))


def _opacity(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("a.mp4", 0, 2))
    draft.put(draft.track(), draft.clip("photo.jpg", 0, 2, alpha=0.5, scale_x=0.6, scale_y=0.6, transform_x=0.3))
    draft.put(draft.track(), draft.clip("b.mp4", 1, 1, alpha=0.25, scale_x=0.4, scale_y=0.4, transform_y=0.5))


def _rotations(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("a.mp4", 0, 2))
    above = draft.track()
    small: Settings = {"scale_x": 0.5, "scale_y": 0.5}
    draft.put(above, draft.clip("b.mp4", 0, 1, rotation=30, transform_x=0.2, **small))
    draft.put(above, draft.clip("b.mp4", 1, 1, rotation=-90, transform_x=-0.3, **small))


def _rotated_mixture(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("poster.png", 0, 2, rotation=180))
    draft.put(
        draft.track(),
        draft.clip("photo.jpg", 0, 2, rotation=200, flip_horizontal=True, alpha=0.7, scale_x=0.5, scale_y=0.5),
    )


def _stills(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("photo.jpg", 0, 1), draft.clip("poster.png", 1, 1))
    draft.put(draft.track(), draft.clip("badge.png", 0.4, 1.2, scale_x=0.6, scale_y=0.6, transform_x=-0.5))


def _gif(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("a.mp4", 0, 2.4))
    looped = draft.clip("loop.gif", 0, 1, scale_x=0.5, scale_y=0.5, transform_x=0.5)
    draft.put(draft.track(), looped)


def _move(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("a.mp4", 0, 3))
    moved = draft.clip("b.mp4", 0, 3, scale_x=0.4, scale_y=0.4)
    draft.keyframes(moved, "position_x", (0, -0.5), (2, 0.5))
    draft.put(draft.track(), draft.keyframes(moved, "position_y", (0.5, 0.4), (2.5, -0.4)))


def _grow(draft: DraftWriter) -> None:
    grown = draft.keyframes(draft.clip("photo.jpg", 0, 2), "uniform_scale", (0, 0.3), (1, 1.2), (2, 0.6))
    draft.put(draft.track(), grown)


def _grow_unevenly(draft: DraftWriter) -> None:
    grown = draft.keyframes(draft.clip("photo.jpg", 0, 2), "scale_x", (0, 0.3), (2, 1.0))
    draft.put(draft.track(), draft.keyframes(grown, "scale_y", (0, 1.0), (2, 0.5)))


def _turn(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("a.mp4", 0, 2))
    turned = draft.clip("photo.jpg", 0, 2, scale_x=0.5, scale_y=0.5)
    draft.put(draft.track(), draft.keyframes(turned, "rotation", (0, 0), (2, 180)))


def _fade_by_keyframes(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("a.mp4", 0, 2))
    faded = draft.clip("b.mp4", 0, 2, scale_x=0.6, scale_y=0.6)
    draft.put(draft.track(), draft.keyframes(faded, "alpha", (0, 0), (0.8, 1), (1.2, 1), (2, 0.2)))


def _all_keyframes(draft: DraftWriter) -> None:
    draft.put(draft.track(), draft.clip("a.mp4", 0, 3))
    clip = draft.clip("photo.jpg", 0.5, 2)
    draft.keyframes(clip, "position_x", (0, -0.4), (1, 0.4), (2, 0.0))
    draft.keyframes(clip, "uniform_scale", (0, 0.3), (2, 0.6))
    draft.keyframes(clip, "rotation", (0, -45), (2, 90))
    draft.put(draft.track(), draft.keyframes(clip, "alpha", (0, 0.4), (1, 1)))


def _blurred_fill(draft: DraftWriter) -> None:
    main = draft.track()
    draft.put(main, draft.clip("tall.mp4", 0, 1).add_background_filling("blur", 0.375))
    draft.put(main, draft.clip("photo.jpg", 1, 1, scale_x=0.7, scale_y=0.7).add_background_filling("blur", 0.75))


def _coloured_fill(draft: DraftWriter) -> None:
    main = draft.track()
    draft.put(main, draft.clip("a.mp4", 0, 1).add_background_filling("color", color="#336699ff"))
    other = draft.clip("b.mp4", 1, 1, scale_x=0.6, scale_y=0.6, rotation=15)
    draft.put(main, other.add_background_filling("color", color="#c0a040ff"))


def _joined(
    *names: str,
    pieces: tuple[str, ...] = ("a.mp4", "b.mp4"),
    **settings: Any,  # noqa: ANN401 - of the library's ClipSettings
) -> Callable[[DraftWriter], None]:
    """A second for each clip and a transition of each name between neighbours; every film has handles."""

    def write(draft: DraftWriter) -> None:
        main = draft.track()
        for place in range(len(names) + 1):
            piece = pieces[place % len(pieces)]
            source = None if piece in STILLS else 1.0 + place * 0.5
            clip: Segment = draft.clip(piece, place, 1, source=source, **settings)
            if place < len(names):
                clip.add_transition(draft.d.TransitionType[names[place]], duration=400_000)
            draft.put(main, clip)

    return write


def _no_handles(draft: DraftWriter) -> None:
    main = draft.track()
    draft.put(main, draft.clip("short.mp4", 0, 2).add_transition(draft.d.TransitionType.叠化, duration="0.8s"))
    draft.put(main, draft.clip("b.mp4", 2, 1))


def _captions(face: str, size: float) -> Callable[[DraftWriter], None]:
    def write(draft: DraftWriter) -> None:
        # The grey quarter alone, over the whole canvas.
        grey = {"upper_right_x": 0.4, "lower_right_x": 0.4, "lower_left_y": 0.4, "lower_right_y": 0.4}
        draft.put(draft.track(), draft.clip("photo.jpg", 0, 3, crop=grey, scale_x=4, scale_y=4))
        words = draft.track("text")
        white: Settings = {"color": (1.0, 1.0, 1.0), "align": 1, "size": size, "face": face}
        draft.put(words, draft.text("Height", 0.2, 0.8, transform_y=-0.6, **white))
        draft.put(words, draft.text("Box", 1.2, 0.8, transform_x=0.3, transform_y=0.4, **white))
        draft.put(words, draft.text("gyp\nHAT", 2.2, 0.6, **white))

    return write


def _story(draft: DraftWriter) -> None:
    main = draft.track()
    first = draft.clip("a.mp4", 0, 1.2, source=1).add_transition(draft.d.TransitionType.叠化, duration="0.4s")
    second = draft.clip("tall.mp4", 1.2, 1.2, source=1, speed=2.0).add_background_filling("blur", 0.375)
    third = draft.clip("photo.jpg", 2.4, 1.2).add_background_filling("color", color="#204060ff")
    draft.put(main, first, second, third)
    moving = draft.clip("b.mp4", 0.4, 2.4, alpha=0.8, rotation=20, scale_x=0.3, scale_y=0.3, volume=0.0)
    draft.put(draft.track(), draft.keyframes(moving, "position_x", (0, -0.6), (2.4, 0.6)))
    draft.put(draft.track("audio"), draft.sound("music.mp3", 0, 3.6, volume=0.4).add_fade("0.5s", "0.5s"))
    words = draft.text("Story", 0.5, 2, face=_DEJAVU, size=12, align=1, color=(1.0, 1.0, 1.0), transform_y=-0.7)
    draft.put(draft.track("text"), words)


DRAFTS: tuple[Written, ...] = (
    Written(name="cuts", features="cuts, source ranges", write=_cuts),
    Written(name="gaps", features="gaps", write=_gaps),
    Written(name="short-cuts", features="cuts of 3 frames", write=_short_cuts),
    Written(name="odd-times", features="times between frames", rate=24, write=_odd_times),
    Written(name="layers", features="four tracks", write=_many_layers),
    Written(name="portrait", features="portrait canvas", width=180, height=320, write=_portrait),
    Written(name="square", features="square canvas", width=240, height=240, rate=24, write=_square),
    Written(name="odd-canvas", features="odd canvas", width=239, height=321, write=_portrait),
    Written(name="rate-25", features="25 fps", rate=25, write=_cuts),
    Written(name="rate-60", features="60 fps", rate=60, write=_placed),
    Written(name="crop", features="crop", write=_crop),
    Written(name="volumes", features="volume, mono", write=_volumes),
    Written(name="sounds", features="four sounds, mute", write=_many_sounds),
    Written(name="fades", features="sound fades", write=_fades),
    Written(name="volume-keys", features="volume keyframes", write=_volume_keyframes),
    Written(name="muted-track", features="muted video track", write=_muted_second),
    Written(name="speed-half", features="speed 0.5, pitch", write=_half_speed),
    Written(name="speed-double", features="speed 2, pitch", write=_double_speed),
    Written(name="speeds", features="speeds 1.25, 4, 0.8", write=_other_speeds),
    Written(name="sound-speeds", features="sound speeds", write=_sound_speeds),
    Written(name="placed", features="scale, position", write=_placed),
    Written(name="beyond", features="beyond the edge", write=_beyond_the_edge),
    Written(name="uneven", features="uneven scale", write=_uneven_scale),
    Written(name="flips", features="flips", write=_flips),
    Written(name="opacity", features="opacity", write=_opacity),
    Written(name="rotations", features="rotation", write=_rotations),
    Written(name="rotated-mix", features="rotation, flip, opacity", write=_rotated_mixture),
    Written(name="stills", features="stills, alpha", write=_stills),
    Written(name="gif", features="gif", write=_gif),
    Written(name="move", features="position keyframes", write=_move),
    Written(name="grow", features="scale keyframes", write=_grow),
    Written(name="turn", features="rotation keyframes", write=_turn),
    Written(name="fade-keys", features="opacity keyframes", write=_fade_by_keyframes),
    Written(name="all-keys", features="keyframes of all", write=_all_keyframes),
    Written(name="fill", features="blur and colour fill", width=320, height=240, write=_blurred_fill),
    Written(name="colour-fill", features="colour fill", width=240, height=320, write=_coloured_fill),
    Written(name="dissolves", features="dissolve, flashes", write=_joined("叠化", "闪黑", "闪白")),
    Written(
        name="slides",
        features="slides, wipes",
        write=_joined("左移", "右移", "上移", "下移", "向左擦除", "向右擦除", "向上擦除", "向下擦除"),
    ),
    Written(
        name="other-transitions",
        features="circle, blur, zoom, unknown",
        write=_joined(
            "圆形遮罩", "模糊", "推近", "云朵", pieces=("photo.jpg", "a.mp4"), transform_x=0.2, transform_y=0.4
        ),
    ),
    Written(name="story", features="mixture", width=270, height=480, write=_story),
    Written(name="no-handles", features="transition without handles", write=_no_handles),
    Written(name="uneven-keys", features="uneven scale keyframes", write=_grow_unevenly),
    Written(name="captions", features="text", width=480, height=270, write=_captions(_DEJAVU, 15)),
    Written(name="captions-serif", features="text in another face", write=_captions(_SERIF, 20), width=270, height=480),
)
