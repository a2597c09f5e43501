"""The offline stand-in for the API, in its wire format: a function of the request alone."""
