"""What an operator watches: figures for Prometheus, and logs that a program can read."""
