"""Runs the suites of `expectations/` and turns results into Dagster asset checks and rows of `ops.check_result`."""
