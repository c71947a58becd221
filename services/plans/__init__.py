"""Owns what the family wants and what is done about it: plan, goals, reviews, journal, documents; how far they are."""
