"""Turns every uploaded video into an mp4 that browsers play, on as many machines as a site has."""

__version__ = "0.1.0"
