"""Question and passages in, scored spans out: the extractive reader, its runtime and its training."""
