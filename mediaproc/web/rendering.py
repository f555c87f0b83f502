"""Pages: a template, filled in for a language, a theme and the rights of whoever looks.

A template has, beside what its handler gives it: `t(key, ...)` for texts, `url(path)` for every address of ours,
`static(name)` for a file of static/, `ui` with the components of _macros.html, and Wording's functions as filters.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mediaproc.core.access import Access
from mediaproc.core.notes import is_note_flag
from mediaproc.core.priority import HIGHEST_PRIORITY, LOWEST_PRIORITY
from mediaproc.core.safe_text import shown_lines
from mediaproc.core.selection_text import written_values
from mediaproc.web.navigation import is_current, screens_for
from mediaproc.web.preferences import Language, Theme
from mediaproc.web.static_files import static_address
from mediaproc.web.texts import texts_in
from mediaproc.web.wording import Wording

# What `Wording` makes of a value.
_FILTERS = (
    "duration", "ago", "size", "running_time", "span", "number", "capped", "percent", "utc", "utc_attribute", "shown",
    "state", "next_step", "with_code",
)  # fmt: skip

# Characters of a log: of a longer one its end is shown.
_LONGEST_LOG = 50_000

TEMPLATES = Path(__file__).with_name("templates")


class Renderer:
    """Fills templates in; `prefix` stands before every path, such as `/media`. It may be used by many threads."""

    def __init__(self, *, prefix: str = "", folders: Sequence[Path] = (TEMPLATES,)) -> None:
        self._prefix = prefix
        self._environments: Mapping[Language, Environment] = {
            language: self._environment(language, folders) for language in Language
        }

    def render(
        self,
        template: str,
        *,
        language: Language,
        theme: Theme,
        access: Access | None,
        path: str,
        **context: object,
    ) -> str:
        """The page; `path` is the one that was asked for, with its query, without the prefix."""
        own: dict[str, object] = {"language": language, "theme": theme, "access": access, "path": path}
        own["screens"] = [(each, is_current(each, path=path.partition("?")[0])) for each in screens_for(access)]
        return self._environments[language].get_template(template).render(own | context)

    def part(self, template: str, *, language: Language, **context: object) -> str:
        """A piece of a page, such as one row that a stream of events replaces."""
        return self._environments[language].get_template(template).render(context)

    def _environment(self, language: Language, folders: Sequence[Path]) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(folders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        texts = texts_in(language)
        wording = Wording(texts)
        for name in _FILTERS:
            environment.filters[name] = getattr(wording, name)
        environment.filters["segment"] = lambda text: quote(str(text), safe="")
        environment.filters["lines"] = lambda text: shown_lines(text, limit=_LONGEST_LOG)
        environment.filters["written"] = lambda value: written_values([str(value)])
        environment.tests["note_flag"] = is_note_flag
        environment.globals |= {"t": texts, "url": self._url, "static": lambda name: self._url(static_address(name))}
        environment.globals |= {"Language": Language, "Theme": Theme}
        environment.globals |= {"LOWEST_PRIORITY": LOWEST_PRIORITY, "HIGHEST_PRIORITY": HIGHEST_PRIORITY}
        environment.globals["ui"] = environment.get_template("_macros.html").module
        return environment

    def _url(self, path: str) -> str:
        return f"{self._prefix}{path}"
