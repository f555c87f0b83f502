"""The settings: option before environment before file, read once, checked, frozen.

`settings` declares them, `precedence` and `url_files` are where they are written down; start at `load`, which puts it
together.
`variable_warnings` are variables that have no effect though somebody may count on it.
"""

from mediaproc.config.load import load_settings
from mediaproc.config.precedence import PREFIX
from mediaproc.config.settings import Settings
from mediaproc.config.unknown_variables import variable_warnings
from mediaproc.config.url_files import url_in_file

__all__ = ["PREFIX", "Settings", "load_settings", "url_in_file", "variable_warnings"]
