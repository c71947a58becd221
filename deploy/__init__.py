"""Runs the software: everything on one machine, and what an operator needs to run it on many."""
