"""A draft of JianYing or CapCut becomes a timeline, and notes on what of it will look otherwise.

Start at `reading.py` (read_draft). In the order of the work:

- which file is the timeline, and which file a material means: `bundle_names.py`
- from bytes to JSON: `document.py`, bounded by `limits.py`; each field of it: `fields.py`; the sentences of refusals:
  `refusals.py`
- the whole: `tracks.py` (layers and sounds), `context.py` (what is known while it is read, compound
  clips), `counts.py` (what there may be too many of)
- which of what it needs is there: `supplies.py`
- what segments name: `materials.py`; what all segments have: `segment.py`, `pace.py` (speed), `keyframes.py`
- a clip: `clips.py`, with `placement.py`, `animations.py`, `appearance.py`; a transition: `transitions.py`
- a sound: `sounds.py`; a text: `texts.py`, its words `text_content.py` and
  `old_markup.py`, its letters `text_styles.py`
- what is drawn for which name: `approximations.py`
- what is not drawn: `extras.py`; how it is told: `core/notes/`
"""

from mediaproc.core.draft.limits import DraftLimits
from mediaproc.core.draft.reading import DraftReading, TimelineFile, read_draft

__all__ = [
    "DraftLimits",
    "DraftReading",
    "TimelineFile",
    "read_draft",
]
