"""What is done for jobs and clicks: questions answered, articles indexed, feedback kept."""
