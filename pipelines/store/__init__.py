"""The only place that opens DuckDB: the build database, the writer lock and publication."""
