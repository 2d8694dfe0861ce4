"""A small HTTP API, and one page to ask in a browser."""
