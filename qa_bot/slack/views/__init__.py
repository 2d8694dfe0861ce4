"""How messages, modals and App Home look, and what they show."""
