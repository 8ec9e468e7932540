"""Raw file to raw table: discovery, identification, the register, loading and quarantine."""
