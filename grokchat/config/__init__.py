"""Settings: their declaration, the config file, the API key."""
