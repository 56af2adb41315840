"""Judges sound again, faster than it was heard: what would the house decide today?"""
