"""What makes the same film again, written beside it."""
