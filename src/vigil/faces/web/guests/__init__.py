"""What a guest sees: a door with a second factor, and one page to answer on."""
