"""A sample to look around in: a fictional authority, five kinds of organisation, a dispatch. All of it is invented."""
