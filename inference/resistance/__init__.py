"""What makes the cell survive a drug."""
