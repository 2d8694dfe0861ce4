"""Jobs: written down before they are acknowledged, done once."""
