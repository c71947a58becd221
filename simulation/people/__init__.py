"""What people in the town do with what they see: late, declining, changing their minds, as people are."""
