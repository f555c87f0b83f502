"""Hand a film in, wait until it is an mp4, and fetch that: `python3 upload_and_wait.py holiday.avi holiday.mp4`.

MEDIAPROC_URL is such as http://127.0.0.1:8080, with the prefix if there is one; `mediaproc token create --scope
read,enqueue` prints MEDIAPROC_TOKEN.
"""

import base64
import contextlib
import json
import os
import sys
import time
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import Request, urlopen

site = os.environ["MEDIAPROC_URL"].rstrip("/") + "/"


def ask(method, path, body=None, **headers):  # None where it is worth another try
    named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    request = Request(
        urljoin(site, path),
        body,
        {"Tus-Resumable": "1.0.0", **named},
        method=method,
    )
    # Not a header as the others, which would go along to the store where an answer leads there.
    request.add_unredirected_header("Authorization", f"Bearer {os.environ['MEDIAPROC_TOKEN']}")
    try:
        return urlopen(request, timeout=60)
    except HTTPError as error:
        if error.code < 500 and error.code not in (409, 423, 429):
            sys.exit(json.load(error)["detail"])
    except (OSError, HTTPException) as error:
        print(error, file=sys.stderr)
    time.sleep(1)


source, result = map(Path, sys.argv[1:])
about = {
    "Upload_Length": source.stat().st_size,
    "Upload_Metadata": "filename " + base64.b64encode(source.name.encode()).decode(),
}
while not (begun := ask("POST", "api/v1/uploads", **about)):
    pass
upload, kind = begun.headers["Location"], "application/offset+octet-stream"
with source.open("rb") as film:
    piece = True
    while piece:
        if stands := ask("HEAD", upload):
            film.seek(int(stands.headers["Upload-Offset"]))
            if piece := film.read(8 << 20):
                ask("PATCH", upload, piece, Content_Type=kind, Upload_Offset=stands.headers["Upload-Offset"])
while not (answer := ask("GET", upload)) or (taken := json.load(answer))["status"] == "received":
    time.sleep(0.5)
task = taken["tasks"][0] if taken["tasks"] else sys.exit(taken["error"])
while task["status"] not in ("completed", "cancelled", "rejected") and task["fail_count"] < 3:
    with contextlib.suppress(OSError, HTTPException):  # the stream ends from time to time
        for line in ask("GET", f"api/v1/events?task={task['id']}") or ():
            if line.startswith(b"data: ") and json.loads(line[6:]).get("id") == task["id"]:
                task = json.loads(line[6:])
                if task["status"] != "pending" and task["status"] != "processing":
                    break
if task["status"] != "completed":
    sys.exit(task["error"])
while not (mp4 := ask("GET", f"api/v1/files/{taken['file']}/rendition")):
    pass
result.write_bytes(mp4.read())
