"""A study from its tables to a verdict."""
