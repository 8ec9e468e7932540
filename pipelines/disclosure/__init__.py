"""Disclosure control: small numbers do not leave the building, nor anything that would give them away.

`open_public` is a release as the public may see it; `fpw export` writes it to files.
"""

from pipelines.disclosure.export import Export, export_release, exports_dir, open_public

__all__ = ["Export", "export_release", "exports_dir", "open_public"]
