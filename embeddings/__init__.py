"""Articles -> passages -> vectors -> index.  Knows nothing of questions, answers or Slack."""
