"""Decisions, tested without a fixture: they are pure."""
