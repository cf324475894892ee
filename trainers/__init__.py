"""What turns datasets into models: one file each, found by its name."""
