"""Probe + Profile -> Plan: copy or encode each stream, with which arguments, and what to expect of the output.

Start at `planner.py`, which picks the plan of the profile's medium. To change ...

- whether a stream is copied, such as HEVC: `copy_or_encode.py`, with every reason as a flag
- which streams are the film, and which sources are refused: `stream_selection.py`
- a profile, such as a webm: `core/profile.py`; a medium's plan: `video_plan.py`, `audio_plan.py`, `image_plan.py`
- an mp4: its order of variants `video_plan.py`, what is decided for all of them `video_decisions.py`, each variant
  `video_variants.py`, what it is held to `video_expectation.py`
- ffmpeg's options: `arguments.py`
- filter graphs: `video_filters.py` and `audio_filters.py`, made of `normalise.py` (any picture as every screen shows
  it), `geometry.py` (sizes), `colour.py` (matrices, HDR), `frame_rate.py`, and put into words by `filter_graph.py`
- how long the source is and what of it is lost: `expected_length.py`; a last picture that stays: `last_frame.py`
- memory, time and disk: `resources.py`, its figures of memory in `core/ffmpeg_memory.py`
- what is compared with the source: `comparison.py`, each piece of it `compared_pieces.py`; where an output is decoded
  for that: `decoded_places.py`; of an output that is drawn of several materials: `drawn_pieces.py`
- which variant follows one that failed: `fallback.py`

`model.py` holds the values: Plan, Variant, Step.
"""

from mediaproc.core.limits import Limits
from mediaproc.core.plan.model import Plan, Step, Variant
from mediaproc.core.plan.planner import make_plan
from mediaproc.core.plan.resources import least_output
from mediaproc.core.plan.stream_selection import choose_audio_stream, choose_video_stream

__all__ = [
    "Limits",
    "Plan",
    "Step",
    "Variant",
    "choose_audio_stream",
    "choose_video_stream",
    "least_output",
    "make_plan",
]
