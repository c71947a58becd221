"""Owns nothing but what it heard: the event log, figures and subscriptions; never personal data."""
