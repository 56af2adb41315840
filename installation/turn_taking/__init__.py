"""Who speaks when: policies as pure functions, and their thresholds."""
