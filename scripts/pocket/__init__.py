"""Makers of the pocket models: the text, the sound and the trainings behind `scripts/train_pocket_*`."""
