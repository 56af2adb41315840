"""The double as pure text: no threads, no clock, no sound, no sockets."""
