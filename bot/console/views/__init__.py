"""The console's pages, a module for each thing that staff do."""
