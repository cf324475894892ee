"""Math problem families: sampled from data, written by templates, and re-read by a path of its own."""
