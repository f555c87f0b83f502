"""The statements of who may ask over HTTP, and of what was answered; secrets are known by their digests alone.

What is where:

- credentials: `tokens.py`, `sessions.py` (of browsers), `login_links.py`
- what was answered to a request that may come again: `idempotency.py`
- what all servers sign with: `web_key.py`
"""
