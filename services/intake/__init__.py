"""Decides who comes in; owns families, their people and consents. The only room that knows names and addresses."""
