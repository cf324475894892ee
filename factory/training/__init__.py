"""Training with TRL: what its trainers share, from the recipe to the finished checkpoint."""
