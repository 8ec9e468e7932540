"""The commands of `fpw`: one module each, or one for a group; heavy imports stay inside the functions."""
