"""What every screen is made of: look, layout, language and the words of it; no business words."""
