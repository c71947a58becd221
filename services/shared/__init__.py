"""The library every service stands on: events, transactions, time, money, screens, who may see whom; no rule of one of them."""
