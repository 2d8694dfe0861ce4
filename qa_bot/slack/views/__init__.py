"""How messages, modals and App Home look."""
