"""Many cell lines at once."""
