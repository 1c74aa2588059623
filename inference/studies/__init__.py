"""Studies that come with the package: one PEtab v2 problem a folder."""
