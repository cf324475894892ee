"""What judges that ask a model share: fences around untrusted text, canaries, and how their words are read."""
