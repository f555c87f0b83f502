"""A receiver of webhooks: run it as `WEBHOOK_SECRET=whsec_... python3 webhook_receiver.py 127.0.0.1 8080`."""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

KEY = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
SEEN = set()  # a real one keeps the ids of two days where they outlive it, and what it does in the same transaction


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 1_000_000))
        message, sent_at = self.headers.get("webhook-id", ""), self.headers.get("webhook-timestamp", "")
        signed = hmac.digest(KEY, f"{message}.{sent_at}.".encode() + body, hashlib.sha256)
        expected = "v1," + base64.b64encode(signed).decode()
        given = self.headers.get("webhook-signature", "").split(" ")  # two while a secret is changed
        genuine = any(hmac.compare_digest(expected.encode(), each.encode()) for each in given)
        recent = sent_at.isdigit() and abs(time.time() - int(sent_at)) < 300
        if genuine and recent and message not in SEEN:
            told = json.loads(body)
            print(told["type"], told["data"].get("task", ""), flush=True)
            SEEN.add(message)
        self.send_response(204 if genuine and recent else 401)  # a repeat is answered with yes, and dropped
        self.end_headers()


HTTPServer((sys.argv[1], int(sys.argv[2])), Receiver).serve_forever()
