"""A run as one page to pass on."""
