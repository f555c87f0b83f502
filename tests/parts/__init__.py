"""The parts that tests lean on: a real PostgreSQL, a real MinIO, proxies that misbehave, clips."""
