"""Writes the files that a new source or a new measure consists of, ready to be completed by a person."""
