"""Changes knowledge files as a careful person would: only the lines that must change."""
