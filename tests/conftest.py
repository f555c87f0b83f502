"""What every test may ask for: the real parts, started once per run."""

pytest_plugins = ["tests.parts.postgres", "tests.parts.minio", "tests.parts.clips", "tests.parts.site"]
