"""What makes rows: one file each, found by its name."""
