"""What every screen is made of: look, layout, menu, language and the words of it."""
