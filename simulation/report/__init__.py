"""What a programme manager learns from a programme that was lived through."""
