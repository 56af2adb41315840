"""Sound in and out of the room."""
