"""What every store must do, and the stores that do it."""
