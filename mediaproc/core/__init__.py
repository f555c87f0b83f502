"""Decides and never acts: no I/O, no clock, no randomness, no logging."""
