"""Decides what may be spent; owns envelopes, the ledger, payments and shares of funders; never names of families."""
