"""The names in a draft's bundle: which may be there at all, which file is the timeline, which one a material means."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mediaproc.core.draft import fields
from mediaproc.core.draft.document import parse_words
from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.safe_text import quoted

# The one that JianYing up to 5.9 and CapCut on Windows write comes first.
TIMELINE_NAMES = ("draft_content.json", "draft_info.json")
_TIMELINES = "Timelines"
# Beside the timelines of newer editors: which of them is the one that is shown.
LAYOUT_NAME, PROJECT_NAME = "timeline_layout.json", "Timelines/project.json"

_LONGEST_NAME = 1024
_LONGEST_PART = 255
_PLACEHOLDER = re.compile(r"##_[a-z]*path_placeholder_[0-9a-f-]*_##", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")
# What the editor keeps for itself: copies of the timeline, settings of its windows.
_LEFT_OUT = re.compile(
    r".*\.(bak|tmp)|draft_agency_config\.json|draft_biz_config\.json|draft_settings|draft\.extra"
    r"|attachment_.*\.json|performance_opt_info\.json|crypto_key_store\.dat|thumbs\.db|desktop\.ini",
    re.IGNORECASE,
)
_LEFT_OUT_FOLDERS = frozenset({"common_attachment", "__macosx"})


@dataclass(frozen=True, kw_only=True)
class Missing:
    """No file of the bundle is meant."""


@dataclass(frozen=True, kw_only=True)
class Ambiguous:
    """Several files may be meant, and nothing says which."""

    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Found:
    """The file that is meant, by its name in the bundle."""

    name: str


@dataclass(frozen=True, kw_only=True)
class BundleNames:
    """The names of a bundle's files, as they are written there, by how they compare."""

    by_key: Mapping[str, str]
    # What stands before all of them: empty, or the one folder that the draft lies in, with a slash.
    root: str

    @property
    def all(self) -> tuple[str, ...]:
        """The names as they are written."""
        return tuple(self.by_key.values())

    @cached_property
    def by_last_part(self) -> Mapping[str, tuple[str, ...]]:
        """The names, as they are written, by how their last parts compare."""
        found: dict[str, list[str]] = {}
        for key, name in self.by_key.items():
            found.setdefault(key.rpartition("/")[2], []).append(name)
        return {last: tuple(names) for last, names in found.items()}

    def written(self, relative: str) -> str | None:
        """The name, as it is written, of what lies there as seen from the draft's folder."""
        return self.by_key.get(_key(self.root + relative))


def read_names(names: Iterable[str]) -> BundleNames:
    """The names of a bundle that holds a draft.

    Raises:
        BadSource: a name leads out of the bundle or is one that systems read in different ways, two names are the same,
            or no timeline is at the root or one folder below.
    """
    by_key: dict[str, str] = {}
    for name in names:
        require_safe(name)
        key = _key(name)
        if key in by_key:
            raise _refused(f"has two files whose names are the same to some systems, {quoted(name)}")
        by_key[key] = name
    root = find_root(by_key.values())
    if root is None:
        raise _refused(f"has no {TIMELINE_NAMES[0]} at its root or one folder below")
    return BundleNames(by_key=by_key, root=root)


def require_safe(name: str) -> None:
    """Passes the name of a file within a bundle.

    Raises:
        BadSource: it leads elsewhere, or some systems read it in another way.
    """
    parts = name.split("/")
    if (
        name.startswith("/")
        or "\\" in name
        or _DRIVE.match(name)
        or any(part in {"", ".", ".."} for part in parts)
        or any(unicodedata.category(character) in {"Cc", "Cs"} for character in name)
    ):
        raise _refused(f"holds a file under a name that is not taken, {quoted(name)}")
    if len(name) > _LONGEST_NAME or any(len(part.encode()) > _LONGEST_PART for part in parts):
        raise _refused(f"holds a file under too long a name, {quoted(name)}")


def find_root(names: Iterable[str]) -> str | None:
    """Where the draft's folder lies among these names, None where there is no draft; the root itself is preferred."""
    roots = {root for root in map(_root_of_timeline, names) if root is not None}
    if "" in roots:
        return ""
    # Two drafts in one bundle are none: nobody can say which is meant.
    return roots.pop() if len(roots) == 1 else None


def is_input(relative: str) -> bool:
    """Whether a file of a draft's folder can matter: what the editor keeps for itself and what is hidden cannot."""
    parts = relative.split("/")
    if any(part.startswith(".") for part in parts) or parts[0].casefold() in _LEFT_OUT_FOLDERS:
        return False
    return not _LEFT_OUT.fullmatch(parts[-1])


def timeline_names(names: BundleNames, *, layout: bytes = b"", project: bytes = b"") -> tuple[str, ...]:
    """The files that may hold the timeline, the preferred one first; what their folder holds besides comes next.

    Newer editors keep several timelines in folders of their own, and the file at the root is then a copy that may be
    old: `layout` and `project` (the contents of those files) say which one is active.

    Raises:
        BadSource: there are several timelines, and nothing says which is meant.
    """
    folders = _timeline_folders(names)
    active = next((id_ for id_ in _active_ids(layout, project) if id_ in folders), None)
    if active is None and len(folders) == 1:
        active = folders[0]
    at_root = _present(names, "")
    if active is None and folders and not at_root:
        raise _refused("has several timelines, and does not say which of them is meant")
    # The copy at the root counts only where the active one cannot be read.
    return (_present(names, f"{_TIMELINES}/{active}/") + at_root) if active is not None else at_root


def find_material(path: str, *, names: BundleNames) -> Found | Ambiguous | Missing:
    """The file that a path in the draft means; it is looked up among the names and never opened.

    A path is one of the author's computer: as much of its end as leads to a file of the bundle counts, from the draft's
    folder on, and at last the name of the file alone, where only one file has it.
    """
    parts = _parts(path)
    if not parts:
        return Missing()
    ends = ["/".join(parts[start:]) for start in range(max(1, len(parts) - 1))]
    for end in ends:
        name = names.written(end)
        if name is not None:
            return Found(name=name)
    same = names.by_last_part.get(_key(parts[-1]), ())
    if len(same) == 1:
        return Found(name=same[0])
    return Ambiguous(names=same) if same else Missing()


def _parts(path: str) -> Sequence[str]:
    plain = _PLACEHOLDER.sub("", path).replace("\\", "/")
    if "://" in plain:
        plain = re.split(r"[?#]", plain, maxsplit=1)[0]
    parts = [part for part in plain.split("/") if part not in {"", "."}]
    # What leads upwards says nothing about the bundle: only what follows counts.
    while ".." in parts:
        parts = parts[parts.index("..") + 1 :]
    return parts[-16:]


def _key(name: str) -> str:
    """How names compare: as the least particular of the usual file systems compares them."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _root_of_timeline(name: str) -> str | None:
    parts = name.split("/")
    if parts[0].casefold() in _LEFT_OUT_FOLDERS:
        return None
    if parts[-1] in TIMELINE_NAMES:
        parts = parts[:-1]
        if len(parts) > 1 and parts[-2] == _TIMELINES:
            parts = parts[:-2]
        if len(parts) <= 1:
            return "".join(f"{part}/" for part in parts)
    return None


def _timeline_folders(names: BundleNames) -> list[str]:
    found: dict[str, None] = {}
    for name in names.all:
        parts = name.removeprefix(names.root).split("/")
        if len(parts) == 3 and parts[0] == _TIMELINES and parts[2] in TIMELINE_NAMES:  # noqa: PLR2004 - FOLDER/ID/FILE
            found[parts[1]] = None
    return list(found)


def _active_ids(layout: bytes, project: bytes) -> Iterable[str]:
    for content, key in ((layout, "activeTimeline"), (project, "main_timeline_id")):
        document = parse_words(content.decode(errors="replace"))
        if document is not None and isinstance(document.get(key), str):
            yield fields.text(document, key)


def _present(names: BundleNames, folder: str) -> tuple[str, ...]:
    found = (names.written(folder + each) for each in TIMELINE_NAMES)
    return tuple(each for each in found if each is not None)


def _refused(what: str) -> BadSource:
    return BadSource(f"The draft's bundle {what}.", error_class=ErrorClass.UNREADABLE)
