"""What every server by HTTP shares: a listener with limits on connections."""
