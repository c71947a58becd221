"""The library every service stands on: events, transactions, time, money; no business words."""
