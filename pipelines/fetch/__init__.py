"""Brings public extracts from their publishers into the raw folder, each with a sidecar that says where it is from."""
