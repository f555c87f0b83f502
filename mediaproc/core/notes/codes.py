"""The closed sets of what a note can say: features, what was done, and a sentence for each code."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

_FLAG = "note:"


class Feature(StrEnum):
    """Of which kind the thing is that is not drawn exactly."""

    TIMING = "timing"
    SPEED = "speed"
    REVERSE = "reverse"
    MATERIAL = "material"
    CROP = "crop"
    TRANSITION = "transition"
    ANIMATION = "animation"
    KEYFRAME = "keyframe"
    MASK = "mask"
    BLEND_MODE = "blend_mode"
    CHROMA_KEY = "chroma_key"
    COLOUR = "colour"
    BACKGROUND = "background"
    TEXT = "text"
    SOUND = "sound"
    STICKER = "sticker"
    FILTER = "filter"
    EFFECT = "effect"
    TEMPLATE = "template"
    RETOUCH = "retouch"
    COMPOUND = "compound"
    UNKNOWN = "unknown"


class Done(StrEnum):
    """What was done about it."""

    # Something close to it is drawn.
    APPROXIMATED = "approximated"
    # It is left out, or a plain stand-in is drawn.
    TOLD = "told"


class NoteCode(StrEnum):
    """Each thing that a note can say."""

    RATE_ASSUMED = "rate_assumed"
    DURATION_TAKEN_FROM_SEGMENTS = "duration_taken_from_segments"
    TIMELINES_DIFFER = "timelines_differ"
    TOO_SHORT = "too_short"
    SPEED_AGAINST_RANGE = "speed_against_range"
    SPEED_RAMP = "speed_ramp"
    REVERSED_TOO_LONG = "reversed_too_long"
    REVERSED = "reversed"
    MATERIAL_UNKNOWN = "material_unknown"
    MATERIAL_MISSING = "material_missing"
    CROP_TURNED = "crop_turned"
    TRANSITION_APPROXIMATED = "transition_approximated"
    TRANSITION_UNKNOWN = "transition_unknown"
    TRANSITION_ALONE = "transition_alone"
    TRANSITION_SHORTENED = "transition_shortened"
    ANIMATION_APPROXIMATED = "animation_approximated"
    ANIMATION_UNKNOWN = "animation_unknown"
    ANIMATION_UNDER_KEYFRAMES = "animation_under_keyframes"
    KEYFRAMES_EASED = "keyframes_eased"
    KEYFRAMES_OF_OPACITY = "keyframes_of_opacity"
    KEYFRAMES_UNKNOWN = "keyframes_unknown"
    KEYFRAMES_OLD = "keyframes_old"
    MASK_APPROXIMATED = "mask_approximated"
    MASK_UNKNOWN = "mask_unknown"
    MASK_SECOND = "mask_second"
    BLEND_MODE_APPROXIMATED = "blend_mode_approximated"
    BLEND_MODE_UNKNOWN = "blend_mode_unknown"
    CHROMA_KEY_APPROXIMATED = "chroma_key_approximated"
    COLOUR_APPROXIMATED = "colour_approximated"
    COLOUR_UNKNOWN = "colour_unknown"
    LOOKUP_TABLE_APPROXIMATED = "lookup_table_approximated"
    LOOKUP_TABLE_UNKNOWN = "lookup_table_unknown"
    LOOKUP_TABLE_MISSING = "lookup_table_missing"
    BACKGROUND_APPROXIMATED = "background_approximated"
    BACKGROUND_UNKNOWN = "background_unknown"
    TEXT_APPROXIMATED = "text_approximated"
    TEXT_MARKUP = "text_markup"
    FONT_MISSING = "font_missing"
    TEXT_FILL = "text_fill"
    TEXT_EFFECT = "text_effect"
    TEXT_CURVED = "text_curved"
    SOUND_EFFECT = "sound_effect"
    VIDEO_MUTE_IGNORED = "video_mute_ignored"
    STICKER = "sticker"
    FILTER = "filter"
    EFFECT = "effect"
    TEMPLATE = "template"
    RETOUCH = "retouch"
    ADJUSTMENT_LAYER = "adjustment_layer"
    COMPOUND_TOO_DEEP = "compound_too_deep"
    UNKNOWN_TRACK = "unknown_track"
    UNKNOWN_MATERIAL_LIST = "unknown_material_list"
    TEXT_FACE = "text_face"
    FACE_UNUSABLE = "face_unusable"
    FACE_WITHOUT_GLYPHS = "face_without_glyphs"
    TEXT_WITHOUT_GLYPHS = "text_without_glyphs"
    TEXT_TOO_LARGE = "text_too_large"
    MATERIAL_SILENT = "material_silent"
    MATERIAL_SHORT = "material_short"
    TRANSITION_HELD = "transition_held"
    SCALE_BOUNDED = "scale_bounded"
    CANVAS_ROUNDED = "canvas_rounded"
    MATERIAL_UNSEEN = "material_unseen"
    # How many notes there are beyond what is kept.
    MORE_NOT_KEPT = "more_not_kept"


@dataclass(frozen=True, kw_only=True)
class NoteKind:
    """What a code means; the sentence may hold {name}, {value} and {more}."""

    feature: Feature
    done: Done
    sentence: str

    @property
    def flag(self) -> str:
        """As it stands among a rendition's flags."""
        return f"{_FLAG}{self.feature}:{self.done}"


def _approximated(feature: Feature, sentence: str) -> NoteKind:
    return NoteKind(feature=feature, done=Done.APPROXIMATED, sentence=sentence)


def _told(feature: Feature, sentence: str) -> NoteKind:
    return NoteKind(feature=feature, done=Done.TOLD, sentence=sentence)


KINDS: Mapping[NoteCode, NoteKind] = MappingProxyType(
    {
        NoteCode.RATE_ASSUMED: _told(Feature.TIMING, "The draft names no frame rate: 30 frames a second are taken."),
        NoteCode.DURATION_TAKEN_FROM_SEGMENTS: _told(
            Feature.TIMING, "The draft claims to end before its last segment: it is drawn to that segment's end."
        ),
        NoteCode.TIMELINES_DIFFER: _told(
            Feature.TIMING, "The draft has a second timeline, '{name}', which says something else: it is left aside."
        ),
        NoteCode.TOO_SHORT: _told(Feature.TIMING, "A segment lasts less than half a frame and is not drawn."),
        NoteCode.SPEED_AGAINST_RANGE: _told(
            Feature.SPEED,
            "Speed and source range contradict each other: the place and the speed count.",
        ),
        NoteCode.SPEED_RAMP: _approximated(
            Feature.SPEED, "The changing speed '{name}' is drawn as {value} stretches of one speed each."
        ),
        NoteCode.REVERSED: _approximated(Feature.REVERSE, "The clip is reversed from its decoded frames."),
        NoteCode.REVERSED_TOO_LONG: _told(
            Feature.REVERSE, "A clip of more than {value} s is not reversed: it is drawn forwards."
        ),
        NoteCode.MATERIAL_UNKNOWN: _told(
            Feature.MATERIAL, "A segment names a material that the draft does not list, and is not drawn."
        ),
        NoteCode.MATERIAL_MISSING: _told(
            Feature.MATERIAL, "The file '{name}' is not in the draft: what needs it is not drawn or heard."
        ),
        NoteCode.CROP_TURNED: _approximated(
            Feature.CROP, "A crop that is no upright rectangle is drawn as the rectangle around it."
        ),
        NoteCode.TRANSITION_APPROXIMATED: _approximated(
            Feature.TRANSITION, "The transition '{name}' is drawn as {value}."
        ),
        NoteCode.TRANSITION_UNKNOWN: _told(
            Feature.TRANSITION, "The transition '{name}' cannot be drawn: there is a fade in its place."
        ),
        NoteCode.TRANSITION_ALONE: _told(
            Feature.TRANSITION, "The transition '{name}' has no neighbour to go to and is not drawn."
        ),
        NoteCode.TRANSITION_SHORTENED: _told(
            Feature.TRANSITION, "The transition '{name}' is longer than its clips allow and is drawn shorter."
        ),
        NoteCode.ANIMATION_APPROXIMATED: _approximated(
            Feature.ANIMATION, "The animation '{name}' is drawn as {value}."
        ),
        NoteCode.ANIMATION_UNKNOWN: _told(Feature.ANIMATION, "The animation '{name}' is not drawn."),
        NoteCode.ANIMATION_UNDER_KEYFRAMES: _told(
            Feature.ANIMATION, "The animation '{name}' is not drawn: keyframes move the same property."
        ),
        NoteCode.KEYFRAMES_EASED: _approximated(
            Feature.KEYFRAME, "The eased keyframes of {name} are drawn from frame to frame."
        ),
        NoteCode.KEYFRAMES_OF_OPACITY: _approximated(
            Feature.KEYFRAME, "Keyframes of opacity are drawn; some editors leave them out when they export."
        ),
        NoteCode.KEYFRAMES_UNKNOWN: _told(Feature.KEYFRAME, "Keyframes of '{name}' are not drawn."),
        NoteCode.KEYFRAMES_OLD: _told(Feature.KEYFRAME, "Keyframes in an old form, '{name}', are not drawn."),
        NoteCode.MASK_APPROXIMATED: _approximated(Feature.MASK, "The mask '{name}' is drawn as {value}."),
        NoteCode.MASK_UNKNOWN: _told(Feature.MASK, "The mask '{name}' is not drawn: the whole picture is seen."),
        NoteCode.MASK_SECOND: _told(Feature.MASK, "The mask '{name}' is a second one on its clip and is not drawn."),
        NoteCode.BLEND_MODE_APPROXIMATED: _approximated(
            Feature.BLEND_MODE, "The blend mode '{name}' is drawn as {value}."
        ),
        NoteCode.BLEND_MODE_UNKNOWN: _told(
            Feature.BLEND_MODE, "The blend mode '{name}' is not drawn: the picture hides what is behind."
        ),
        NoteCode.CHROMA_KEY_APPROXIMATED: _approximated(
            Feature.CHROMA_KEY, "The chroma key is drawn with another formula than the editor's."
        ),
        NoteCode.COLOUR_APPROXIMATED: _approximated(
            Feature.COLOUR, "The adjustment '{name}' is drawn with another formula than the editor's."
        ),
        NoteCode.COLOUR_UNKNOWN: _told(Feature.COLOUR, "The colour adjustment '{name}' is not drawn."),
        NoteCode.LOOKUP_TABLE_APPROXIMATED: _approximated(
            Feature.COLOUR, "The lookup table '{name}' is applied from the file in the draft."
        ),
        NoteCode.LOOKUP_TABLE_UNKNOWN: _told(
            Feature.COLOUR, "The lookup table '{name}' is no .cube file and is not applied."
        ),
        NoteCode.LOOKUP_TABLE_MISSING: _told(
            Feature.COLOUR, "The lookup table '{name}' is not in the draft and is not applied."
        ),
        NoteCode.BACKGROUND_APPROXIMATED: _approximated(
            Feature.BACKGROUND, "What fills the canvas behind the clip ({value}) is drawn close to the editor's."
        ),
        NoteCode.BACKGROUND_UNKNOWN: _told(
            Feature.BACKGROUND, "What fills the canvas ('{name}') is not drawn: the canvas is black there."
        ),
        NoteCode.TEXT_APPROXIMATED: _approximated(
            Feature.TEXT, "The text may differ in size and face from the editor's."
        ),
        NoteCode.TEXT_MARKUP: _approximated(Feature.TEXT, "The text is in an old form: it is drawn in one style."),
        NoteCode.FONT_MISSING: _approximated(
            Feature.TEXT, "The face '{name}' is not in the draft: the text is drawn in another."
        ),
        NoteCode.TEXT_FILL: _told(Feature.TEXT, "The letters' fill '{name}' is not drawn: they have one colour."),
        NoteCode.TEXT_EFFECT: _told(Feature.TEXT, "The text effect '{name}' is not drawn: the words are plain."),
        NoteCode.TEXT_CURVED: _told(Feature.TEXT, "The text runs along a curve: it is drawn straight."),
        NoteCode.SOUND_EFFECT: _told(Feature.SOUND, "The sound effect '{name}' is not applied."),
        NoteCode.VIDEO_MUTE_IGNORED: _told(
            Feature.SOUND, "The draft's mark that all clips are mute is ignored, as the editor ignores it."
        ),
        NoteCode.STICKER: _told(Feature.STICKER, "The sticker '{name}' is not drawn."),
        NoteCode.FILTER: _told(Feature.FILTER, "The filter '{name}' is not drawn."),
        NoteCode.EFFECT: _told(Feature.EFFECT, "The effect '{name}' is not drawn."),
        NoteCode.TEMPLATE: _told(Feature.TEMPLATE, "The text template '{name}' is not drawn."),
        NoteCode.RETOUCH: _told(Feature.RETOUCH, "The retouching '{name}' is not drawn."),
        NoteCode.ADJUSTMENT_LAYER: _told(Feature.COLOUR, "The adjustment layer '{name}' is not drawn."),
        NoteCode.COMPOUND_TOO_DEEP: _told(
            Feature.COMPOUND, "The compound clip '{name}' stands too deep within others and is not drawn."
        ),
        NoteCode.UNKNOWN_TRACK: _told(Feature.UNKNOWN, "A track of the unknown type '{name}' is not drawn."),
        NoteCode.UNKNOWN_MATERIAL_LIST: _told(Feature.UNKNOWN, "What the draft lists under '{name}' is not drawn."),
        NoteCode.TEXT_FACE: _approximated(Feature.TEXT, "The text is drawn in the open face '{name}'."),
        NoteCode.FACE_UNUSABLE: _approximated(
            Feature.TEXT, "The face '{name}' in the bundle cannot be used, since {value}: the text is drawn in another."
        ),
        NoteCode.FACE_WITHOUT_GLYPHS: _approximated(
            Feature.TEXT, "The face '{name}' lacks letters of the text: they are drawn in '{value}'."
        ),
        NoteCode.TEXT_WITHOUT_GLYPHS: _told(
            Feature.TEXT, "No face on this machine has the characters '{name}': the text is not drawn."
        ),
        NoteCode.TEXT_TOO_LARGE: _approximated(
            Feature.TEXT, "The text's letters are far larger than the canvas: its lines are drawn {value} pixels high."
        ),
        NoteCode.MATERIAL_SILENT: _told(
            Feature.SOUND, "The file '{name}' has no sound that can be decoded: it is not heard."
        ),
        NoteCode.MATERIAL_SHORT: _approximated(
            Feature.MATERIAL, "The file is shorter than what is shown of it: its last picture is held."
        ),
        NoteCode.TRANSITION_HELD: _approximated(
            Feature.TRANSITION, "The file has nothing beyond the cut: a picture is held during the transition."
        ),
        NoteCode.SCALE_BOUNDED: _approximated(
            Feature.KEYFRAME, "The clip grows beyond what is drawn: it stays at the largest size."
        ),
        NoteCode.CANVAS_ROUNDED: _approximated(
            Feature.BACKGROUND, "A side of the canvas is odd, which no player takes: the film has {value} pixels."
        ),
        NoteCode.MATERIAL_UNSEEN: _told(
            Feature.MATERIAL, "The file '{name}' has no picture that can be decoded: it is not drawn."
        ),
        NoteCode.MORE_NOT_KEPT: _told(Feature.UNKNOWN, "There are {more} more notes, which are not kept."),
    }
)
# Of a note that stands for several of its code.
MORE_OF_A_CODE = "There are {more} more notes like these: {value}."

# What stands among a rendition's flags for its notes: of which features there are any, and what was done.
FLAGS = frozenset(kind.flag for kind in KINDS.values())


def is_note_flag(flag: str) -> bool:
    """Whether it stands for notes, which tell more."""
    return flag.startswith(_FLAG)
