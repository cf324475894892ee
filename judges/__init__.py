"""What says whether rows are good: one file each, found by its name."""
