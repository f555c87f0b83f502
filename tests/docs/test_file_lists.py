"""A package whose docstring lists its files lists each of them, and no other."""

import re
from pathlib import Path
from types import ModuleType

import pytest

import mediaproc.core
import mediaproc.core.captions
import mediaproc.core.draft
import mediaproc.core.draft_url
import mediaproc.core.faces
import mediaproc.core.plan
import mediaproc.core.render
import mediaproc.core.timeline
import mediaproc.db
import mediaproc.db.access
import mediaproc.db.retention
import mediaproc.db.schema
import mediaproc.db.tasks
import mediaproc.draft_bundle
import mediaproc.draft_download
import mediaproc.embedded
import mediaproc.enqueue
import mediaproc.enqueue.resumable
import mediaproc.faces
import mediaproc.ffmpeg
import mediaproc.guarded_http
import mediaproc.metrics
import mediaproc.monitoring
import mediaproc.processors
import mediaproc.retention
import mediaproc.serve
import mediaproc.store
import mediaproc.tracing
import mediaproc.web
import mediaproc.web.live

PACKAGES = (
    mediaproc.core,
    mediaproc.core.captions,
    mediaproc.core.draft,
    mediaproc.core.draft_url,
    mediaproc.core.faces,
    mediaproc.core.plan,
    mediaproc.core.render,
    mediaproc.core.timeline,
    mediaproc.db,
    mediaproc.db.access,
    mediaproc.db.retention,
    mediaproc.db.schema,
    mediaproc.db.tasks,
    mediaproc.draft_bundle,
    mediaproc.draft_download,
    mediaproc.guarded_http,
    mediaproc.embedded,
    mediaproc.enqueue,
    mediaproc.enqueue.resumable,
    mediaproc.faces,
    mediaproc.ffmpeg,
    mediaproc.metrics,
    mediaproc.monitoring,
    mediaproc.processors,
    mediaproc.retention,
    mediaproc.serve,
    mediaproc.store,
    mediaproc.tracing,
    mediaproc.web.live,
    mediaproc.web,
)


def _unlisted(docstring: str, *, folder: Path) -> set[str]:
    """Files that only the docstring or only the folder has."""
    there = {path.name for path in folder.glob("*.py")} - {"__init__.py"}
    return set(re.findall(r"`(\w+\.py)`", docstring)) ^ there


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_a_package_names_each_of_its_files_and_no_other(package: ModuleType) -> None:
    folder = Path(package.__file__ or "").parent
    assert _unlisted(package.__doc__ or "", folder=folder) == set()


def test_a_file_that_is_gone_or_new_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "new.py").touch()
    assert _unlisted("`gone.py`: nothing.", folder=tmp_path) == {"gone.py", "new.py"}
