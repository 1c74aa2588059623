"""Behaviours of a dish whose cells differ."""
