"""Decides who comes in; owns families, their people and their consents. The only room that knows names and addresses."""
