"""The second processor: a draft of JianYing or CapCut is drawn as one film.

- which files of the bundle the room needs, and under which names: `room_names.py`
- what is drawn: `core/render`; which draft the bundle holds: `draft_bundle`
"""

from mediaproc.processors.draft.processor import DraftProcessor

__all__ = ["DraftProcessor"]
