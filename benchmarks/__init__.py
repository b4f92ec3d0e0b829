"""Measures this bot beside a vanilla Rasa project and on public data: ``python -m benchmarks``."""
