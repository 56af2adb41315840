"""The machine on stage: it hears, thinks, speaks, and lets people interrupt it."""
