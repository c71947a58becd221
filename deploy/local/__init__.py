"""The local stack: private engines and our own processes, with all state in one folder."""
