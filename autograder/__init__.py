"""An engine that judges exercises in notebooks, and the course that is handed to it."""
