"""Owns what the family wants: plan, goals, steps, reviews, measurements, and how far a trajectory is."""
