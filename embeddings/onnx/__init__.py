"""What the models share: sessions, export, quantisation and the cache of compiled models."""
