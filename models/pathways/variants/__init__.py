"""Parts that a network has only where they are asked for: rows in place of those of the same name."""
