"""Links with other Vigils: making them, watching them, ending them."""
