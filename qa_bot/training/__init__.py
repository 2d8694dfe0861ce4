"""Training, calibrating and averaging readers.  Nothing that serves imports it."""
