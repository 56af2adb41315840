"""What the bench of turn-taking is made of: stimuli, rooms, the rig on the virtual sound card, and the judge."""
