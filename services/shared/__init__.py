"""The library every service stands on: events, transactions, time, money, screens, who sees whom; no rule of any."""
