"""Draws from a posterior: one file a method."""
