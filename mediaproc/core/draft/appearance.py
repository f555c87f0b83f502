"""What a draft does to the pixels of a clip (mask, blend mode, chroma key, colours), and what it puts behind it."""

from collections.abc import Mapping

from mediaproc.core.draft import approximations, fields, keyframes
from mediaproc.core.draft.fields import Fields
from mediaproc.core.draft.materials import Listed
from mediaproc.core.draft.segment import Segment
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.notes.taking import Notes
from mediaproc.core.timeline.appearance import BlendMode, Blur, ChromaKey, Colour, ColourAdjustment, Mask
from mediaproc.core.timeline.curve import Curve
from mediaproc.core.timeline.material import Material, MaterialKind

_FARTHEST = 100.0
_LARGEST = 100.0
_MOST_TURNED = 1e6

# What of `effects` becomes a colour adjustment, and the keyframes that change it over time.
ADJUSTMENTS: Mapping[str, str] = {
    "brightness": keyframes.BRIGHTNESS,
    "contrast": keyframes.CONTRAST,
    "saturation": keyframes.SATURATION,
}


def read_mask(segment: Segment, *, notes: Notes) -> Mask | None:
    """The first mask of the clip that has a shape."""
    found: Mask | None = None
    if not fields.flag(segment.fields, "enable_video_mask", default=True):
        return None
    for extra in segment.extras_of("common_mask", "common_masks", "masks"):
        name = fields.text(extra.fields, "name")
        kind = fields.text(extra.fields, "resource_type") or name
        shape = approximations.mask(kind)
        if found is not None:
            notes.take(NoteCode.MASK_SECOND, segment.where, name=name or kind)
        elif shape is None:
            notes.take(NoteCode.MASK_UNKNOWN, segment.where, name=name or kind)
        else:
            config = fields.mapping(extra.fields, "config")
            x = fields.number(config, "centerX", low=-_FARTHEST, high=_FARTHEST, default=0.0)
            y = fields.number(config, "centerY", low=-_FARTHEST, high=_FARTHEST, default=0.0)
            found = Mask(
                shape=shape,
                # A draft counts in halves of the picture from its middle, with y upwards.
                centre_x=0.5 + x / 2,
                centre_y=0.5 - y / 2,
                width=fields.number(config, "width", low=0.0, high=_LARGEST, default=0.5),
                height=fields.number(config, "height", low=0.0, high=_LARGEST, default=0.5),
                rotation=fields.number(config, "rotation", low=-_MOST_TURNED, high=_MOST_TURNED, default=0.0),
                feather=fields.share(config, "feather", default=0.0),
                round_corner=fields.share(config, "roundCorner", default=0.0),
                is_inverted=fields.flag(config, "invert"),
            )
            notes.take(NoteCode.MASK_APPROXIMATED, segment.where, name=name or kind, value=shape)
    return found


def read_blend_mode(segment: Segment, *, material: Fields, notes: Notes) -> BlendMode:
    """How the clip goes together with what is behind it: drafts say so beside the segment or in its material."""
    names = [fields.text(each.fields, "name") for each in _effects(segment, "mix_mode")]
    names = names or [fields.text(material, "mix_mode")]
    mode = BlendMode.NORMAL
    for name in filter(None, names):
        known = approximations.blend_mode(name)
        if known is None:
            notes.take(NoteCode.BLEND_MODE_UNKNOWN, segment.where, name=name)
        elif known is not BlendMode.NORMAL:
            mode = known
            notes.take(NoteCode.BLEND_MODE_APPROXIMATED, segment.where, name=name, value=known)
    return mode


def read_chroma_key(segment: Segment, *, notes: Notes) -> ChromaKey | None:
    """What colour is made transparent."""
    for extra in segment.extras_of("chromas"):
        colour = fields.colour(extra.fields, "color")
        tolerance = fields.share(extra.fields, "intensity_value", default=0.0)
        if colour is None or tolerance == 0:
            continue
        notes.take(NoteCode.CHROMA_KEY_APPROXIMATED, segment.where)
        return ChromaKey(
            colour=colour,
            tolerance=tolerance,
            shadow=fields.share(extra.fields, "shadow_value", default=0.0),
            edge_softness=fields.share(extra.fields, "edge_smooth_value", default=0.0),
            spill=fields.share(extra.fields, "spill_value", default=0.0),
        )
    return None


def read_colour_adjustment(segment: Segment, *, curves: Mapping[str, Curve], notes: Notes) -> ColourAdjustment | None:
    """Brightness, contrast and saturation; keyframes override what stands beside the segment."""
    adjusted: dict[str, Curve] = {}
    for kind, property_type in ADJUSTMENTS.items():
        for effect in _effects(segment, kind):
            value = fields.number(effect.fields, "value", low=-1.0, high=1.0, default=0.0)
            if value:
                adjusted[kind] = Curve.constant(value)
        if property_type in curves:
            adjusted[kind] = curves[property_type]
    for kind in adjusted:
        notes.take(NoteCode.COLOUR_APPROXIMATED, segment.where, name=kind)
    if not adjusted:
        return None
    none = Curve.constant(0.0)
    return ColourAdjustment(
        brightness=adjusted.get("brightness", none),
        contrast=adjusted.get("contrast", none),
        saturation=adjusted.get("saturation", none),
    )


def read_lookup_table(segment: Segment, *, notes: Notes) -> tuple[str, float]:
    """The name of the clip's .cube file and how much of it is applied; an empty name where there is none."""
    for effect in _effects(segment, "lut"):
        path, strength = fields.text(effect.fields, "path"), fields.share(effect.fields, "value", default=1.0)
        name = fields.text(effect.fields, "name") or path
        if strength and path.casefold().endswith(".cube"):
            notes.take(NoteCode.LOOKUP_TABLE_APPROXIMATED, segment.where, name=name)
            return path, strength
        if strength:
            notes.take(NoteCode.LOOKUP_TABLE_UNKNOWN, segment.where, name=name)
    return "", 1.0


def read_fill_behind(segment: Segment, *, notes: Notes) -> Colour | Blur | Material | None:
    """What fills the canvas behind a clip of the main track."""
    for extra in segment.extras_of("canvases"):
        match fields.text(extra.fields, "type"):
            case "canvas_color":
                colour = fields.colour(extra.fields, "color")
                if colour is not None:
                    return colour
            case "canvas_blur":
                notes.take(NoteCode.BACKGROUND_APPROXIMATED, segment.where, value="a blurred picture")
                return Blur(strength=fields.share(extra.fields, "blur", default=0.0))
            case "canvas_image":
                image = fields.text(extra.fields, "image") or fields.text(extra.fields, "album_image")
                if image:
                    notes.take(NoteCode.BACKGROUND_APPROXIMATED, segment.where, value="an image")
                    return Material(id=extra.id, kind=MaterialKind.STILL, name=image)
                notes.take(NoteCode.BACKGROUND_UNKNOWN, segment.where, name=fields.text(extra.fields, "image_name"))
            case "":
                pass
            case other:
                notes.take(NoteCode.BACKGROUND_UNKNOWN, segment.where, name=other)
    return None


def _effects(segment: Segment, kind: str) -> list[Listed]:
    return [each for each in segment.extras_of("effects") if fields.text(each.fields, "type") == kind]
