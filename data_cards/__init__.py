"""The card template and published cards."""
