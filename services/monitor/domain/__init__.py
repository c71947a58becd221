"""Pure rules of the monitor: which subscriber wants what, what figures are, which are too small to show."""
