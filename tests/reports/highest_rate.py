"""The one case in which the report and the product ask for different things, both for good reasons.

Case 08 is a film of 240 pictures a second, and its report asks for every one of them. A profile has a highest rate, 60
by default, since hardly any screen shows more, and a player pays for each picture: what is above it is thinned out,
and the flag `frame_rate` says so. So the case is judged as its report asks under a profile that allows 240; that the
default told of what it left out is then as right as all pictures.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.reports.cases import Answer, Case, Reports

CASE = "08"
TOLD = "frame_rate"

# As many as 60 a second are in its 2 s.
_THINNED = 120
# The site's profile that allows every picture.
AT_240 = '[profile.mp4-240]\nbase = "mp4"\nmax_frame_rate = 240\n'
_PATIENCE = 600


def is_thinned(answer: Answer, *, pictures: int) -> bool:
    """Whether pictures above the highest rate were left out, and the product told of it."""
    return TOLD in answer["flags"] and pictures == _THINNED


def faults_at_240(
    reports: Reports, case: Case, *, folder: Path, out: Path, environment: Mapping[str, str], profile: str = AT_240
) -> Sequence[str] | None:
    """What is wrong with what comes out under that profile; None where the product does not take it."""
    out.mkdir(exist_ok=True)
    profiles = out / "profiles.toml"
    profiles.write_text(profile)
    source, target = str((folder / case.file).resolve()), str(out.resolve())
    arguments = ("transcode", source, "--out", target, "--profile", "mp4-240", "--json")
    answer = subprocess.run(
        [sys.executable, "-m", "mediaproc", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**environment, "MEDIAPROC_PROFILES": str(profiles)},
        timeout=_PATIENCE,
        check=False,
    )
    said = [json.loads(line) for line in answer.stdout.splitlines()]
    return reports.faults([case], {"mp4": said}, folder=folder, chrome=False)[0] if said else None
