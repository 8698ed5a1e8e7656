"""The course's models, one file per family, each readable as its equation."""
