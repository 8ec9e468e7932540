"""What keeps the pipeline running unattended: the nightly run, the inbox, notices, standing checks, and the servers."""
