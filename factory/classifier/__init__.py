"""Quality classifiers with fastText: trained to the bit the same again, with a threshold that was measured."""
