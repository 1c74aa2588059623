"""PEtab in and out: versions 1 and 2 as the same tables."""
