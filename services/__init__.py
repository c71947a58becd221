"""Small services that own facts and rules; each is a process of its own."""
