"""The xAI API: requests, the stream of a reply, retries, errors, models, usage."""
