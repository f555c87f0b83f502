"""What a segment names that is not drawn: each is told, unless it says itself that it does nothing."""

from collections.abc import Callable, Mapping

from mediaproc.core.draft import fields
from mediaproc.core.draft.appearance import ADJUSTMENTS
from mediaproc.core.draft.fields import Fields
from mediaproc.core.draft.materials import Listed
from mediaproc.core.draft.segment import Segment
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.notes.taking import Notes, Where

# Lists that other modules read, and those that only matter to the editor's own windows.
_READ = frozenset(
    {
        *("speeds", "transitions", "canvases", "material_animations", "masks", "common_mask", "common_masks"),
        *("chromas", "audio_fades", "drafts"),
    }
)
_IDLE = frozenset(
    {
        *("placeholder_infos", "placeholders", "beats", "multi_language_refs", "time_marks", "audio_track_indexes"),
        *("tail_leaders", "ai_translates"),
    }
)

# What only a clip can have: beside a text or a sound it is told.
_OF_CLIPS: Mapping[str, NoteCode] = {
    **dict.fromkeys(("masks", "common_mask", "common_masks"), NoteCode.MASK_UNKNOWN),
    "chromas": NoteCode.EFFECT,
    "transitions": NoteCode.TRANSITION_ALONE,
}

# Lists whose entries say in a field whether they do anything.
_ACTIVE: Mapping[str, tuple[NoteCode, Callable[[Fields], bool]]] = {
    "sound_channel_mappings": (NoteCode.SOUND_EFFECT, lambda entry: fields.flag(entry, "is_config_open")),
    "vocal_separations": (NoteCode.SOUND_EFFECT, lambda entry: bool(entry.get("choice"))),
    "loudnesses": (NoteCode.SOUND_EFFECT, lambda entry: fields.flag(entry, "enable")),
    "realtime_denoises": (NoteCode.SOUND_EFFECT, lambda entry: fields.flag(entry, "is_denoise", default=True)),
    "material_colors": (
        NoteCode.BACKGROUND_UNKNOWN,
        lambda entry: fields.flag(entry, "is_color_clip") or fields.flag(entry, "is_gradient"),
    ),
}

_TOLD: Mapping[str, NoteCode] = {
    **dict.fromkeys(
        (*("audio_effects", "audio_balances", "audio_pannings", "audio_pitch_shifts", "vocal_beautifys"),),
        NoteCode.SOUND_EFFECT,
    ),
    **dict.fromkeys(
        ("hsl", "hsl_curves", "color_curves", "primary_color_wheels", "log_color_wheels"), NoteCode.COLOUR_UNKNOWN
    ),
    **dict.fromkeys(
        (
            *("manual_deformations", "manual_beautys", "smart_relights", "video_trackings", "digital_humans"),
            *("digital_human_model_dressing", "smart_crops", "green_screens"),
        ),
        NoteCode.RETOUCH,
    ),
    **dict.fromkeys(
        (
            *("video_effects", "plugin_effects", "handwrites", "shapes", "flowers", "video_shadows"),
            *("video_strokes", "video_radius"),
        ),
        NoteCode.EFFECT,
    ),
    "stickers": NoteCode.STICKER,
    "text_templates": NoteCode.TEMPLATE,
}

# Of the list `effects`, by type; any other type is an effect.
_EFFECTS: Mapping[str, NoteCode] = {
    "filter": NoteCode.FILTER,
    "text_effect": NoteCode.TEXT_EFFECT,
    "text_shape": NoteCode.TEXT_EFFECT,
    "figure": NoteCode.RETOUCH,
    "face": NoteCode.RETOUCH,
    "beauty": NoteCode.RETOUCH,
    **dict.fromkeys(
        (
            *("sharpen", "highlight", "shadow", "temperature", "tone", "fade", "vignetting", "light_sensation"),
            *("particle", "clear", "hue", "white", "black", "auto_adjust"),
        ),
        NoteCode.COLOUR_UNKNOWN,
    ),
}
# What `appearance.py` draws on a clip.
_DRAWN_EFFECTS = frozenset({*ADJUSTMENTS, "mix_mode", "lut"})


def tell_extras(segment: Segment, *, notes: Notes, is_clip: bool) -> None:
    """Tells what beside its material the segment names and nothing draws."""
    for extra in segment.extras:
        if not is_clip and extra.list_name in _OF_CLIPS:
            name = fields.text(extra.fields, "name") or extra.list_name
            notes.take(_OF_CLIPS[extra.list_name], segment.where, name=name)
        elif not (is_clip and extra.list_name == "effects" and _kind(extra) in _DRAWN_EFFECTS):
            tell_listed(extra, segment.where, notes=notes)


def tell_listed(listed: Listed, where: Where, *, notes: Notes) -> None:
    """Tells of one entry of the draft's lists."""
    if listed.list_name in _READ or listed.list_name in _IDLE:
        return
    name = fields.text(listed.fields, "name") or fields.text(listed.fields, "resource_id") or listed.list_name
    if listed.list_name in _ACTIVE:
        code, is_active = _ACTIVE[listed.list_name]
        if is_active(listed.fields):
            notes.take(code, where, name=listed.list_name)
    elif listed.list_name == "effects":
        if listed.fields.get("value") != 0:
            notes.take(_EFFECTS.get(_kind(listed), NoteCode.EFFECT), where, name=name)
    elif listed.list_name in _TOLD:
        notes.take(_TOLD[listed.list_name], where, name=name)
    else:
        notes.take(NoteCode.UNKNOWN_MATERIAL_LIST, where, name=listed.list_name)


def tell_retouching(material: Fields, segment: Segment, *, notes: Notes) -> None:
    """Tells what a material says is done to its own pixels: cutting out, steadying, beautifying."""
    if fields.mapping(material, "matting").get("flag"):
        notes.take(NoteCode.RETOUCH, segment.where, name="matting")
    if fields.mapping(material, "stable").get("stable_level"):
        notes.take(NoteCode.RETOUCH, segment.where, name="stabilising")
    if fields.mapping(material, "video_algorithm").get("algorithms"):
        notes.take(NoteCode.RETOUCH, segment.where, name="video_algorithm")
    if material.get("beauty_face_preset_infos") or fields.flag(material, "is_set_beauty_mode"):
        notes.take(NoteCode.RETOUCH, segment.where, name="beauty")
    if fields.flag(segment.fields, "cartoon"):
        notes.take(NoteCode.EFFECT, segment.where, name="cartoon")
    if fields.flag(segment.fields, "intensifies_audio"):
        notes.take(NoteCode.SOUND_EFFECT, segment.where, name="intensifies_audio")


def _kind(listed: Listed) -> str:
    return fields.text(listed.fields, "type")
