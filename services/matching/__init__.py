"""Decides who could work with whom; owns supporters, buddies, their capacity and tandems; never names of families."""
