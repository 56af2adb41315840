"""The sound of an evening on the disk, with what was decided when: switched on by `record_sound` in show.toml."""
