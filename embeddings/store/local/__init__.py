"""The store on one machine: SQLite holds everything; FAISS and tantivy are caches that follow its log of changes."""

from embeddings.store.local.store import LocalStore

__all__ = ["LocalStore"]
