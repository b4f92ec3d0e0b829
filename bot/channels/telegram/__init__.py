"""Telegram: updates are stored before they are acknowledged, then answered, one chat after its own order."""
