"""Processors: each plans the tasks of some profiles; packages bring more by the entry points `mediaproc.processors`.

- what a processor is, and all that it sees: `interface.py`
- which there are: `candidates.py` (ours and installed ones); loaded and looked up by name: `registry.py` (`Processors`)
- what is asked of them and of their plans: `checking.py`; their bugs as sentences: `guarding.py` (`GuardedProcessor`)
- films and sounds: `transcoding/`; drafts: `draft/`
"""

from mediaproc.processors.guarding import GuardedProcessor
from mediaproc.processors.interface import Facts
from mediaproc.processors.registry import ExtraProfiles, Processors, installed_processors

__all__ = ["ExtraProfiles", "Facts", "GuardedProcessor", "Processors", "installed_processors"]
