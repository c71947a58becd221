"""Who lives and works in the town: made up from a seed, the same for the same seed, and nobody real."""
