"""Spans -> one answer, or none."""
