"""What can be told of a text by rules over its characters, for many texts at once."""
