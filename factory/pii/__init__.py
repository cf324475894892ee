"""Personal data and secrets in Japanese and English texts: found by rules with validators, masked by offsets."""
