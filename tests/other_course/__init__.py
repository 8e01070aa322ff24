"""A second, tiny course: attention. The engine that teaches the GRU teaches it unchanged."""
