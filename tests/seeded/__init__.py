"""Defects as real extracts and tables have them, each to be planted alone, and what must notice it.

`faults` lists them; `docs/seeded-faults.md` is written from the list by `python -m tests.seeded`.
"""
