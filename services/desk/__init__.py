"""What people see first: the worklist of human tasks and the way a decision reaches its workflow."""
