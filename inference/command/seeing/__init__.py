"""Commands that show what the cell does."""
