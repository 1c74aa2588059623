"""Independent fits over many machines: what travels, who computes, who asks."""
