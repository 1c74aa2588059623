"""Cells of one kind that are not alike: what differs between them, by how much, and for how long."""
