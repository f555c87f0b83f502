"""The routers of `/api/v1`: each takes a request apart, and calls what the commands call."""

API = "/api/v1"
