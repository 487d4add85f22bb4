"""What people see in a terminal: the live ladder while a run goes, and its answer when it is done."""
