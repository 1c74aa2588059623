"""What the measurements say about parameters."""
