"""One file per engine; the file's name is its name in a recipe."""
