"""The dense index: FAISS over the vectors that SQLite holds."""
