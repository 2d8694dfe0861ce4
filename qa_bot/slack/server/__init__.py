"""The running app: its parts, and the Socket Mode or HTTP that brings it requests."""
