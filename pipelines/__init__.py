"""The open performance warehouse for UK policing: raw extracts in, checked measures out."""

__version__ = "0.1.0"
