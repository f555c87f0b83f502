"""Tests of the command line, each command run as a person runs it."""
