"""What may be spent, by whom and whose money it is: pure decisions."""
