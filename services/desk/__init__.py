"""What people see first: the door, the worklist, the dossier; owns human tasks and the way to their workflows."""
