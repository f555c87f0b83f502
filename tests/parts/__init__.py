"""The real parts that tests use: a real PostgreSQL, a real MinIO, proxies that misbehave, clips."""
