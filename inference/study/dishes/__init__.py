"""A dish in time: its switches, its events, and its way to rest."""
