"""What is kept of a class: its directory, the gradebook, a record beside each submission."""
