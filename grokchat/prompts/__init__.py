"""The user's saved prompts: their files, their front matter, and the gaps that are filled when a prompt is used."""
