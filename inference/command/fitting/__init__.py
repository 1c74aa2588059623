"""Commands that learn from measurements."""
