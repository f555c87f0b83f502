"""The statements of the protocol, on a real PostgreSQL."""
