"""Drafts with all that the editors write around what a person did, as real ones of CapCut 8.6 and JianYing 5 have it.

No content of a real draft is in here: only which fields there are, what they hold where nobody has set anything, and
the numbers that editors compute (a duration of 466666, a crop of eight corners).
"""

import json
from itertools import count
from typing import Any

from tests.core.draft.drafts import SECOND, Json, clip, sound, still, video, words

# The lists that CapCut adds an entry to for each clip, whatever is done with it.
_WITH_EACH_CLIP: dict[str, Json] = {
    "speeds": {"type": "speed", "mode": 0, "speed": 1.0, "curve_speed": None},
    "placeholder_infos": {"type": "placeholder_info", "meta_type": "none", "res_path": "", "error_text": ""},
    "canvases": {"type": "canvas_color", "color": "", "blur": 0.0, "image": "", "album_image": "", "image_name": ""},
    "sound_channel_mappings": {"type": "", "audio_channel_mapping": 0, "is_config_open": False},
    "material_colors": {"is_color_clip": False, "is_gradient": False, "solid_color": "", "gradient_colors": []},
    "vocal_separations": {"type": "vocal_separation", "choice": 0, "removed_sounds": [], "time_range": None},
}
_OF_A_VIDEO: Json = {
    "crop": {
        "upper_left_x": 0.0, "upper_left_y": 0.0, "upper_right_x": 1.0, "upper_right_y": 0.0,
        "lower_left_x": 0.0, "lower_left_y": 1.0, "lower_right_x": 1.0, "lower_right_y": 1.0,
    },
    "stable": {"stable_level": 0, "matrix_path": "", "time_range": {"start": 0, "duration": 0}},
    "matting": {"flag": 0, "path": "", "strokes": [], "reverse": False},
    "video_algorithm": {"algorithms": [], "time_range": None, "path": "", "gameplay_configs": []},
    "is_set_beauty_mode": False, "beauty_face_preset_infos": [], "audio_fade": None, "freeze": None,
    "media_path": "", "local_material_id": "", "crop_ratio": "free", "crop_scale": 1.0, "check_flag": 62978047,
}  # fmt: skip
_OF_A_SEGMENT: Json = {
    "render_timerange": {"start": 0, "duration": 0}, "desc": "", "state": 0, "is_loop": False, "is_tone_modify": False,
    "reverse": False, "intensifies_audio": False, "cartoon": False, "volume": 1.0, "last_nonzero_volume": 1.0,
    "keyframe_refs": [], "visible": True, "group_id": "", "caption_info": None, "common_keyframes": [],
    "enable_video_mask": True, "responsive_layout": {"enable": False}, "lyric_keyframes": None, "speed": 1.0,
}  # fmt: skip
_OF_A_TEXT: Json = {
    "base_content": "", "words": {"start_time": [], "end_time": [], "text": []}, "global_alpha": 1.0,
    "combo_info": {"text_templates": []}, "caption_template_info": {"resource_id": "", "resource_name": ""},
    "letter_spacing": 0.0, "text_curve": None, "line_spacing": 0.02, "has_shadow": False, "shadow_color": "",
    "shadow_alpha": 0.9, "shadow_smoothing": 0.45, "shadow_distance": 5.0, "shadow_angle": -45.0, "border_alpha": 1.0,
    "border_color": "", "border_width": 0.08, "text_color": "#8c6cff", "text_alpha": 1.0, "typesetting": 0,
    "bold_width": 0.0, "italic_degree": 0, "underline": False, "check_flag": 7, "background_color": "",
    "background_alpha": 1.0, "background_style": 0, "background_round_radius": 0.0, "background_width": 0.14,
    "background_height": 0.14, "line_max_width": 0.82, "force_apply_line_max_width": False, "fonts": [],
}  # fmt: skip


class AppMade:
    """A draft that grows as in the editor."""

    def __init__(self, *, width: int, height: int, rate: float | None = 30.0) -> None:
        self._ids = count(1)
        self.materials: dict[str, list[Json]] = {
            name: []
            for name in ("videos", "audios", "texts", "effects", "drafts", "hsl", "stickers", "beats", *_WITH_EACH_CLIP)
        }  # fmt: skip
        self.document: Json = {
            "id": "3B6E0F64", "version": 360000, "new_version": "169.0.0", "name": "", "duration": 0, "fps": rate,
            "canvas_config": {"ratio": "original", "width": width, "height": height, "background": None},
            "config": {"video_mute": False, "maintrack_adsorb": True, "export_range": None, "system_font_list": []},
            "tracks": [], "materials": self.materials, "group_container": None, "relationships": [],
            "keyframes": {"videos": [], "audios": [], "texts": [], "stickers": [], "filters": [], "effects": []},
            "keyframe_graph_list": [], "platform": {"os": "windows", "app_version": "8.6.0", "app_source": "cc"},
            "render_index_track_mode_on": True, "free_render_index_mode_on": False, "cover": None,
        }  # fmt: skip
        if rate is None:
            del self.document["fps"]

    def material(self, list_name: str, **more: Any) -> str:  # noqa: ANN401 - JSON
        """An entry of a list; its id."""
        id_ = f"{list_name}-{next(self._ids)}"
        self.materials.setdefault(list_name, []).append({"id": id_, **more})
        return id_

    def still(self, name: str) -> str:
        return self.material("videos", **_without_id(still(name, width=768, height=1376, **_OF_A_VIDEO)))

    def video(self, name: str) -> str:
        return self.material("videos", **_without_id(video(name, **_OF_A_VIDEO)))

    def sound(self, name: str) -> str:
        return self.material("audios", **_without_id(sound(name)))

    def text(self, text: str, styles: list[Json], **more: Any) -> str:  # noqa: ANN401 - JSON
        return self.material("texts", **_without_id(words("", text, styles, **_OF_A_TEXT, **more)))

    def track(self, kind: str, *segments: Json, **more: Any) -> None:  # noqa: ANN401 - JSON
        fields = {"flag": 0, "attribute": 0, "name": "", "is_default_name": True, **more}
        self.document["tracks"].append({"id": f"track-{next(self._ids)}", "type": kind, "segments": segments, **fields})

    def clip(self, material: str, start: float, duration: float, *refs: str, **more: Any) -> Json:  # noqa: ANN401 - JSON
        """A segment of a video track, with the entries that the editor adds."""
        added = [self.material(name, **entry) for name, entry in _WITH_EACH_CLIP.items()]
        source = {"start": 0, "duration": round(duration * SECOND)}
        return self.segment(
            material,
            start,
            duration,
            *added,
            *refs,
            source_timerange=source,
            **{"clip": clip(), "render_index": 0, **more},
        )

    def segment(self, material: str, start: float, duration: float, *refs: str, **more: Any) -> Json:  # noqa: ANN401 - JSON
        end = round((start + duration) * SECOND)
        self.document["duration"] = max(self.document["duration"], end)
        return {
            **_OF_A_SEGMENT,
            "id": f"segment-{next(self._ids)}",
            "material_id": material,
            "source_timerange": None,
            "target_timerange": {"start": round(start * SECOND), "duration": end - round(start * SECOND)},
            "clip": None,
            "uniform_scale": {"on": True, "value": 1.0},
            "extra_material_refs": list(refs),
            **more,
        }

    def content(self) -> bytes:
        """The file as the editor writes it."""
        return json.dumps(self.document, ensure_ascii=False).encode()


def _without_id(entry: Json) -> Json:
    return {key: value for key, value in entry.items() if key != "id"}
