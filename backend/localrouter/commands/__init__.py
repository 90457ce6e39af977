"""Admin verbs: what pages, scripts and the command line can do."""
