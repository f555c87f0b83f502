"""A private PostgreSQL for one machine: found, made, started, shared by commands, and ended with the last of them."""
