"""The lexical index: tantivy (BM25) over the words of passages and titles."""
