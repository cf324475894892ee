"""No component at all."""
