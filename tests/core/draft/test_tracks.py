"""Layers lie as the editor lays them; what is invisible or muted is left out; where the film ends is never lost."""

import pytest

from mediaproc.core.errors import BadSource
from mediaproc.core.notes import NoteCode
from tests.core.draft.drafts import SECOND, clips, codes, draft, read, segment, still, texts, track, video, words


def test_a_later_video_track_lies_above_an_earlier_one_and_texts_above_both() -> None:
    reading = read(
        draft(
            track("text", segment("t", "words", 0, 2)),
            track("video", segment("low", "film", 0, 2)),
            track("video", segment("high", "picture", 0, 2)),
            materials={"texts": [words("words", "hello")]},
        )
    )
    low, high, text = reading.timeline.layers
    assert [low.clips[0].id, high.clips[0].id, text.texts[0].id] == ["low", "high", "t"]


def test_a_render_index_lifts_one_segment_of_a_track_above_another_track() -> None:
    reading = read(
        draft(
            track(
                "video",
                segment("under", "film", 0, 1, render_index=0),
                segment("over", "film", 1, 1, render_index=5),
            ),
            track("video", segment("between", "picture", 0, 2, render_index=3)),
        )
    )
    assert [clip.id for clip in clips(reading)] == ["under", "between", "over"]


def test_what_a_transition_joins_stays_at_one_height() -> None:
    reading = read(
        draft(
            track(
                "video",
                segment("a", "film", 0, 1, render_index=0, extra_material_refs=["fade"]),
                segment("b", "film", 1, 1, render_index=1),
            ),
            materials={"transitions": [{"id": "fade", "name": "Dissolve", "duration": 466_666}]},
        )
    )
    (layer,) = reading.timeline.layers
    assert [clip.id for clip in layer.clips] == ["a", "b"]
    (transition,) = layer.transitions
    assert (transition.first, transition.frames) == (23, 14)


def test_what_is_invisible_is_left_out_without_a_word() -> None:
    reading = read(draft(track("video", segment("a", "film", 0, 2), segment("b", "film", 2, 2, visible=False))))
    assert [clip.id for clip in clips(reading)] == ["a"]
    assert reading.timeline.frames == 60
    assert codes(reading) == []


def test_a_muted_video_track_is_seen_and_not_heard() -> None:
    reading = read(draft(track("video", segment("a", "film", 0, 2), attribute=1)))
    assert len(clips(reading)) == 1
    assert reading.timeline.sounds == ()


def test_a_clip_is_heard_unless_its_material_or_its_volume_is_silent() -> None:
    def heard(document_video: dict[str, object], **more: object) -> int:
        document = draft(track("video", segment("a", "v", 0, 2, **more)), materials={"videos": [document_video]})
        return len(read(document).timeline.sounds)

    assert heard(video("v")) == 1
    assert heard(video("v"), volume=0.0) == 0
    assert heard(video("v", has_audio=False)) == 0
    assert heard(still("v")) == 0


def test_a_film_that_claims_to_end_before_its_last_segment_is_drawn_to_its_end() -> None:
    for duration in (0, SECOND):
        reading = read(draft(track("video", segment("a", "film", 0, 3)), duration=duration))
        assert reading.timeline.frames == 90
        assert codes(reading) == [NoteCode.DURATION_TAKEN_FROM_SEGMENTS]


def test_half_a_frame_beyond_the_end_is_rounding_and_not_told() -> None:
    assert codes(read(draft(track("video", segment("a", "film", 0, 2.016))))) == []


def test_what_overlaps_by_less_than_half_a_frame_begins_where_the_other_ends() -> None:
    reading = read(draft(track("video", segment("a", "film", 0, 1.017), segment("b", "film", 1.001, 1))))
    assert [(clip.first, clip.frames) for clip in clips(reading)] == [(0, 31), (31, 29)]


def test_segments_of_one_track_that_overlap_are_refused_by_name() -> None:
    with pytest.raises(BadSource, match="'a' and 'b' of one track overlap"):
        read(draft(track("video", segment("a", "film", 0, 1.5), segment("b", "film", 1, 1))))


def test_segments_are_read_in_the_order_of_time() -> None:
    reading = read(draft(track("video", segment("b", "film", 1, 1), segment("a", "film", 0, 1))))
    assert [clip.id for clip in clips(reading)] == ["a", "b"]


def test_less_than_half_a_frame_is_told() -> None:
    reading = read(draft(track("video", segment("a", "film", 0, 1.99), segment("b", "film", 1.99, 0.01))))
    assert codes(reading) == [NoteCode.TOO_SHORT]


def test_a_rate_that_is_not_named_is_30_and_one_of_television_is_exact() -> None:
    document = draft(track("video", segment("a", "film", 0, 2)))
    assert [str(read({**document, "fps": fps}).timeline.rate) for fps in (29.97, 23.976, 59.94, 25.0, 12.5)] == [
        "30000/1001", "24000/1001", "60000/1001", "25", "25/2",
    ]  # fmt: skip
    del document["fps"]
    reading = read(document)
    assert reading.timeline.rate == 30
    assert codes(reading) == [NoteCode.RATE_ASSUMED]


def test_tracks_of_the_editor_s_own_are_told_by_name() -> None:
    reading = read(
        draft(
            track("video", segment("a", "film", 0, 2)),
            track("sticker", segment("b", "star", 0, 1)),
            track("filter", segment("c", "vintage", 0, 1)),
            track("effect", segment("d", "shake", 0, 1)),
            track("adjust", segment("e", "nothing", 0, 1)),
            track("hologram", segment("f", "nothing", 0, 1)),
            materials={
                "stickers": [{"id": "star", "name": "Star"}],
                "effects": [{"id": "vintage", "type": "filter", "name": "Vintage", "value": 0.5}],
                "video_effects": [{"id": "shake", "type": "video_effect", "name": "Shake"}],
            },
        )
    )
    assert {(note.code, note.name) for note in reading.notes} == {
        (NoteCode.STICKER, "Star"),
        (NoteCode.FILTER, "Vintage"),
        (NoteCode.EFFECT, "Shake"),
        (NoteCode.ADJUSTMENT_LAYER, ""),
        (NoteCode.UNKNOWN_TRACK, "hologram"),
    }


def test_a_draft_of_which_everything_is_only_told_is_refused() -> None:
    document = draft(
        track("sticker", segment("b", "star", 0, 1)), materials={"stickers": [{"id": "star", "name": "Star"}]}
    )
    with pytest.raises(BadSource, match="Nothing of the draft can be drawn"):
        read(document)
    with pytest.raises(BadSource, match="Nothing of the draft can be drawn"):
        read(draft(track("audio", segment("a", "music", 0, 2))))


def test_a_segment_without_a_material_is_told_and_the_others_are_drawn() -> None:
    reading = read(draft(track("video", segment("a", "film", 0, 1), segment("b", "gone", 1, 1))))
    assert [clip.id for clip in clips(reading)] == ["a"]
    assert [(note.code, note.segment_id, note.start, note.duration) for note in reading.notes] == [
        (NoteCode.MATERIAL_UNKNOWN, "b", SECOND, SECOND)
    ]


def test_a_list_that_nothing_knows_is_told_only_if_a_segment_names_it() -> None:
    lists = {"holograms": [{"id": "h"}], "speeds": [{"id": "v", "mode": 0, "speed": 1.0, "curve_speed": None}]}
    named = draft(track("video", segment("a", "film", 0, 2, extra_material_refs=["h", "v", "gone"])), materials=lists)
    assert [(note.code, note.name) for note in read(named).notes] == [(NoteCode.UNKNOWN_MATERIAL_LIST, "holograms")]
    assert codes(read(draft(track("video", segment("a", "film", 0, 2)), materials=lists))) == []


def test_marks_that_editors_ignore_are_told() -> None:
    document = draft(
        track("video", segment("a", "film", 0, 2)), config={"video_mute": True}, keyframes={"videos": [{}], "texts": []}
    )
    assert set(codes(read(document))) == {NoteCode.VIDEO_MUTE_IGNORED, NoteCode.KEYFRAMES_OLD}


def test_a_background_of_the_whole_canvas_is_told() -> None:
    document = draft(track("video", segment("a", "film", 0, 2)))
    document["canvas_config"]["background"] = {"type": "canvas_aurora"}
    assert [(note.code, note.name) for note in read(document).notes] == [(NoteCode.BACKGROUND_UNKNOWN, "canvas_aurora")]


def test_a_text_without_words_is_nothing() -> None:
    document = draft(
        track("video", segment("a", "film", 0, 2)),
        track("text", segment("t", "words", 0, 2)),
        materials={"texts": [words("words", "  \n")]},
    )
    assert texts(read(document)) == []
    assert codes(read(document)) == []
