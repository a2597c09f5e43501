"""What is private in a library and needed all the same: one module a library, with the reason for each name."""
