"""Data from elsewhere: where it lies, what it looks like, how it becomes rows."""
