"""Files and images that go into a message."""
