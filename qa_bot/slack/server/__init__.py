"""Socket Mode, HTTP, and the app that they bring requests to."""
