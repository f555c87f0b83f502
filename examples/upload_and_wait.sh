#!/bin/sh
# Hand a film in, wait until it is an mp4, and fetch that: `sh upload_and_wait.sh holiday.avi holiday.mp4`.
# MEDIAPROC_URL is such as http://127.0.0.1:8080; `mediaproc token create --scope read,enqueue` prints MEDIAPROC_TOKEN.
set -eu
film=$1 result=$2 api=${MEDIAPROC_URL%/}/api/v1
ask() { curl -sS --fail-with-body -H "Authorization: Bearer $MEDIAPROC_TOKEN" "$@"; }
tus() { ask -H "Tus-Resumable: 1.0.0" "$@"; }
header() { tr -d '\r' | awk -F': ' -v name="$1" 'tolower($1) == name { print $2 }'; }
first() { grep -o "\"$1\": \"\{0,1\}[^\",}]*" | head -n 1 | sed 's/.*: "\{0,1\}//'; }

size=$(wc -c < "$film" | tr -d ' ')
name=$(basename "$film" | tr -d '\n' | base64 | tr -d '\n')
begun=$(tus -D - -o /dev/stderr -X POST -H "Upload-Length: $size" -H "Upload-Metadata: filename $name" "$api/uploads")
upload=$(printf '%s' "$api" | grep -o '^[a-z]*://[^/]*')$(printf '%s\n' "$begun" | header location)

# Until all of it is there it goes on where it was cut; what the server refuses is told on standard error.
until offset=$(tus -I "$upload" | header upload-offset) && [ "$offset" = "$size" ]; do
  tail -c "+$((${offset:-0} + 1))" "$film" | tus -X PATCH -H "Upload-Offset: ${offset:-0}" \
    -H "Content-Type: application/offset+octet-stream" -T - "$upload" >&2 || sleep 1
done
while state=$(ask "$upload") && [ "$(printf '%s' "$state" | first status)" = received ]; do sleep 1; done
task=$(printf '%s' "$state" | sed -n 's/.*"tasks": \[{"id": \([0-9]*\).*/\1/p')
[ -n "$task" ] || { printf '%s\n' "$state" >&2; exit 1; }

events=$(mktemp -u) && mkfifo "$events" && trap 'rm -f "$events"' EXIT
ended='"status": "\(completed\|cancelled\|rejected\)"\|"fail_count": [3-9]'
until [ -n "${last:-}" ]; do
  ask -N "$api/events?task=$task" > "$events" & stream=$!
  last=$(grep -m 1 "$ended" < "$events") || sleep 1
  kill "$stream" 2> /dev/null || true
done
[ "$(printf '%s' "$last" | first status)" = completed ] || { printf '%s\n' "$last" >&2; exit 1; }
ask -L -o "$result" "$api/files/$(printf '%s' "$state" | first file)/rendition"
printf '%s\n' "$result"
