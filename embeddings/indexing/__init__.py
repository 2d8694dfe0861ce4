"""The steps of a reindex: reading sources, cutting articles, finding copies, embedding, committing, watching."""
