"""Import and export: tables of other systems become records here, and records become tables again.

Keeps: nothing of its own; the maps that it ships are in maps/.
Asks of others: the verbs and queries of organisations, catalog, assets, failures, problems, actions; life data of reliability.
Asked by: the command line, and people on its own pages.
"""
