"""Other programs and files: the clipboard, the editor, locks, reading and writing files."""
