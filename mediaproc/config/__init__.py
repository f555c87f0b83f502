"""The settings: an option beats the environment, which beats the file; read once, checked, frozen.

Start at `settings`: each setting is one field there, with its default, its bounds and its help text; what
values may be is in `setting_types`. `load` reads them and turns an error into a sentence, in which `redaction` hides
secrets. `precedence` decides which source wins, `url_files` reads URLs from files of their own, and `unknown_variables`
warns of variables that have no effect. `as_variables` gives a child the same settings.
"""

from mediaproc.config.as_variables import as_variables
from mediaproc.config.load import load_settings
from mediaproc.config.precedence import PREFIX
from mediaproc.config.settings import Settings
from mediaproc.config.unknown_variables import variable_warnings
from mediaproc.config.url_files import url_in_file

__all__ = ["PREFIX", "Settings", "as_variables", "load_settings", "url_in_file", "variable_warnings"]
