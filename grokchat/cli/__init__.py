"""The command line: arguments to a chat, a one shot or an action."""
