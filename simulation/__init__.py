"""A synthetic town that lives through a programme in virtual time, on the real services, broker and database."""
