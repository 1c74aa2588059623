"""Statements that exclude each other, compared by evidence."""
