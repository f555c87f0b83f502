"""Tests of `mediaproc/acts`, on a real database."""
