"""Commands that let many machines work together."""
