"""Information systems and the devices at the edge of the network: lists and pages."""
