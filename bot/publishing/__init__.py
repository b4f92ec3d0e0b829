"""From draft to release: what changed, a candidate trained and examined in a process of its own."""
