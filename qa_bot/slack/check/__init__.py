"""`qa-bot slack --check`."""
