"""What came of a draft: its files under names of ours, their paths made those of the bundle, packed into one zip."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mediaproc.core.draft import DraftLimits
from mediaproc.core.draft.bundle_names import TIMELINE_NAMES
from mediaproc.core.draft.document import parse_document
from mediaproc.core.draft_url import material_paths
from mediaproc.core.draft_url.file_list import ListedFile, refused
from mediaproc.core.errors import BadSource
from mediaproc.draft_bundle.limits import BundleLimits
from mediaproc.draft_bundle.packing import pack_files

# Told of a file that is to be brought: its URL, where to write it, the most bytes; returns how many it has.
Bring = Callable[[str, Path, int], int]


@dataclass
class DraftFiles:
    """In the folder of one attempt; no name of the other side is one of its disk."""

    folder: Path
    bring: Bring
    limits: BundleLimits
    paths: dict[str, Path] = field(default_factory=dict)
    size: int = 0

    def download(self, file: ListedFile) -> None:
        """Bring a file of the draft.

        Raises:
            BadSource: there are more, or more bytes, than are taken; else as `bring`.
        """
        if file.name in self.paths:
            raise refused("has two files under one name")
        if len(self.paths) >= self.limits.max_files:
            raise refused(f"has more than {self.limits.max_files} files")
        path = self.folder / f"file{len(self.paths) + 1:05}"
        self.size += self.bring(file.url, path, min(self.limits.max_file_bytes, self.limits.max_bytes - self.size))
        self.paths[file.name] = path

    def complete(self, *, draft_id: str | None, limits: DraftLimits) -> None:
        """Bring the materials that the timelines name on the web, and make all paths those of the bundle.

        Raises:
            BadSource: no timeline can be read; else as `download`.
        """
        faults: list[BadSource] = []
        names: dict[str, str] = {}
        timelines = [name for name in self.paths if name.rpartition("/")[2] in TIMELINE_NAMES]
        for name in timelines:
            try:
                document = parse_document(_start(self.paths[name], most=limits.max_bytes + 1), limits=limits)
            except BadSource as fault:
                faults.append(fault)
                continue
            wanted = material_paths.web_materials(document, known=names)
            for path in wanted.keys() - names.keys():
                self.download(ListedFile(url=material_paths.url_of(path), name=wanted[path]))
            names |= wanted
            content = material_paths.rewritten(document, draft_id=draft_id, names=names)
            if content is not None:
                self.paths[name].write_bytes(content)
        if timelines and len(faults) == len(timelines):
            # Encrypted or damaged: its own task could say nothing else.
            raise faults[0]

    def pack(self, target: Path) -> None:
        """Write the bundle.

        Raises:
            BadSource: what came is no draft.
        """
        pack_files(self.paths, target, limits=self.limits, opened=lambda path: path.open("rb"))


def _start(path: Path, *, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)
