"""Looking at datasets: their rows, what people decide on them, and the pages of `factory view`."""
