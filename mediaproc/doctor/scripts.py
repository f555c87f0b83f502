"""Examines for which scripts this machine has faces: the texts of drafts are drawn with them."""

from collections.abc import Iterator

from mediaproc.core.captions.scripts import SCRIPTS, scripts_without_face
from mediaproc.doctor.findings import Finding, State, fine
from mediaproc.faces import machine_faces


def examine_scripts() -> Iterator[Finding]:
    """The finding on faces."""
    faces = machine_faces()
    lacking = list(scripts_without_face(faces))
    if not lacking:
        yield fine("faces", f"{len(faces)}, for {', '.join(script.name for script in SCRIPTS)}")
        return
    packages = ", ".join(dict.fromkeys(script.package for script in lacking))
    yield Finding(
        part="faces",
        state=State.WARNING,
        fact=f"{len(faces)}, none for {', '.join(script.name for script in lacking)}",
        remedy=f"Texts of drafts in these scripts are left out, unless the draft brings a face: install {packages}.",
    )
