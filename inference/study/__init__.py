"""PEtab tables to a study: what was done, what was measured, what is believed beforehand."""
