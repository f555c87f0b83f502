"""The zip that holds a draft and its materials: recognised, read within bounds, made of a folder.

- whether a file or a folder is a draft: `recognition.py`
- the files of a zip, each read within its bounds: `bundle.py` (DraftBundle); what a zip may be before any of it is
  read: `zip_directory.py`
- the draft in it: `bundled_draft.py`
- a folder becomes a zip, the same one each time: `packing.py`
- how much is taken: `limits.py`; the sentences of refusals: `refusals.py`
"""

from mediaproc.draft_bundle.bundle import DraftBundle, open_bundle
from mediaproc.draft_bundle.bundled_draft import read_bundled_draft
from mediaproc.draft_bundle.limits import BundleLimits
from mediaproc.draft_bundle.packing import pack_folder
from mediaproc.draft_bundle.recognition import folder_size, is_draft_folder, is_draft_zip

__all__ = [
    "BundleLimits",
    "DraftBundle",
    "folder_size",
    "is_draft_folder",
    "is_draft_zip",
    "open_bundle",
    "pack_folder",
    "read_bundled_draft",
]
