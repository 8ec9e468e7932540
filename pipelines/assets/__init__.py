"""Dagster assets, one module per step."""
