"""The small library that the course's notebooks share. See README.md for the map of its rooms."""

__version__ = "0.1.0"
