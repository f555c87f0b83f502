"""Traces of attempts."""
