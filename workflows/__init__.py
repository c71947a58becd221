"""Owns time and order: asks services to do things, waits for people and for dates, and holds no facts of its own."""
