"""What people use: the command line, the terminal, the report. Never imported from below."""
