"""Programmes as data: what a municipality decided on areas, money, people, time and mandates, in immutable versions."""
