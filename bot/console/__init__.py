"""The staff's pages, under ``/console``: plain forms that work without JavaScript."""
