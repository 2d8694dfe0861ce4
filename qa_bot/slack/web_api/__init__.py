"""Slack's Web API: calls that come through, messages posted and found again, files, and the workspaces' tokens."""
