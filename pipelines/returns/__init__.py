"""Performance returns: the tidy sheet through which a measure is supplied when no records are."""
