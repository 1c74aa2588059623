"""A course of treatment: what is prescribed, the levels it gives, and what these do to a tumour."""
