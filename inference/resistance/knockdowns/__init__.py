"""Virtual knock-downs: what inhibiting a node, a pair or a path does to survival under a drug."""
