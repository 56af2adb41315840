"""From frames of sound to utterances."""
