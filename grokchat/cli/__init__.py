"""The command line: its arguments to one of the ways to run."""
