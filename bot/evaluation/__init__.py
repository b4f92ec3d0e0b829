"""Measures the bot on questions with known answers."""
