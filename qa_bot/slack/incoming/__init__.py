"""What Slack sends: checked, understood, and admitted or refused."""
