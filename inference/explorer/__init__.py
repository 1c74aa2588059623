"""The network moved by hand."""
