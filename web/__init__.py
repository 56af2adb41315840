"""The panel: it gets the event bus, a snapshot and a way to submit commands, and nothing else of the house."""
