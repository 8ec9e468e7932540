"""What raw looks like: one YAML contract per source, and the reference list of forces."""
