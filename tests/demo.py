"""`make demo`: three clips in old formats become mp4s, with an embedded PostgreSQL and a directory as the store."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from mediaproc.ffmpeg.tools import find_tools
from tests.parts.settings import without_settings

FOLDER = Path(".demo")
PICTURE, SOUND = "testsrc2=size=640x360:rate=25:duration=4", "sine=frequency=440:duration=4"
CLIPS = {
    "holiday.avi": ("-c:v", "mpeg4", "-q:v", "5", "-c:a", "mp2"),
    "old editor.wmv": ("-c:v", "wmv2", "-b:v", "1M", "-c:a", "wmav2"),
    "camera.mov": ("-c:v", "mjpeg", "-q:v", "5", "-pix_fmt", "yuvj422p", "-c:a", "pcm_s16be"),
}


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    uploads = FOLDER / "uploads"
    uploads.mkdir(parents=True)
    print("Making three clips with ffmpeg ...", flush=True)
    make_clips(uploads)
    mediaproc("enqueue", str(uploads))
    mediaproc("executor", "--until-idle", "--log-level", "warning")
    mediaproc("tasks", "list", "--all")
    done = json_lines("tasks", "list", "--all", "--json")
    verified = [task for task in done if task.get("outcome") == "completed" and task.get("verification") == "verified"]
    print(f"{len(verified)} of {len(CLIPS)} clips are verified mp4s, under {FOLDER / 'home' / 'store'}.")
    sys.exit(0 if len(verified) == len(CLIPS) else 1)


def make_clips(folder: Path) -> None:
    tools = find_tools(ffmpeg=None, ffprobe=None, keep=FOLDER / "home" / "bin")
    for name, codecs in CLIPS.items():
        inputs = ["-f", "lavfi", "-i", PICTURE, "-f", "lavfi", "-i", SOUND]
        subprocess.run([tools.ffmpeg, "-v", "error", "-nostdin", *inputs, *codecs, folder / name], check=True)


def mediaproc(*arguments: str) -> None:
    print(f"\n$ mediaproc {' '.join(arguments)}", flush=True)
    code = subprocess.run(command(*arguments), env=environment(), check=False).returncode
    if code != 0:
        sys.exit(f"The demo ends here: that command ended with {code}.")


def json_lines(*arguments: str) -> list[dict[str, object]]:
    answer = subprocess.run(command(*arguments), env=environment(), check=True, stdout=subprocess.PIPE)
    return [json.loads(line) for line in answer.stdout.splitlines()]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mediaproc", *arguments]


def environment() -> dict[str, str]:
    return {**without_settings(), "MEDIAPROC_HOME": str((FOLDER / "home").absolute())}


if __name__ == "__main__":
    main()
