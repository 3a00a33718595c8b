"""What is watched over: information systems with their level, what is important and why, and the network's edge."""
