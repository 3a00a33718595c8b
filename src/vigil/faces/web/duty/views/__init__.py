"""The pages of duty, a file for each kind."""
