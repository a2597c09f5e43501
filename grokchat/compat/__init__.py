"""The private names of libraries that are needed all the same: a module for each library, a reason for each name."""
