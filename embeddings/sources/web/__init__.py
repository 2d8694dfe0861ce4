"""Fetching from the web: to public addresses only, within limits, and politely."""
