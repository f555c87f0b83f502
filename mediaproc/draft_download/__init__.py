"""The attempts that bring a draft from a URL: its files are downloaded, packed and stored, and its task is made.

Start at `attempt.py`, which does this in order. `asking.py` asks the other side, again where it is only away for a
moment; `draft_files.py` keeps what came, each file under a name of ours, and turns it into a bundle; `bundle_upload.py`
stores the bundle as a source; `receipt.py` is the rendition of such a task: what came.
"""
