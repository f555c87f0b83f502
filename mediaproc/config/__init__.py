"""The settings: option before environment before file, read once, checked, frozen.

`settings` declares them, `sources` and `url_files` are where they are written down; start at `load`, which puts it
together.
`doubts` are variables that have no effect though somebody may count on it.
"""

from mediaproc.config.doubts import doubts
from mediaproc.config.load import load_settings
from mediaproc.config.settings import Settings
from mediaproc.config.sources import PREFIX
from mediaproc.config.url_files import url_in_file

__all__ = ["PREFIX", "Settings", "doubts", "load_settings", "url_in_file"]
