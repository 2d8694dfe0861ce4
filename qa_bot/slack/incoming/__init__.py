"""What Slack sends, checked and understood."""
