"""Sentence encoders: text in, unit vectors out. Nothing here knows Rasa."""
