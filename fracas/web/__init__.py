"""The HTTP shell: session, guard, errors, forms, pages and API machinery, templates and static files.

Keeps: nothing. Asks: core. Asked by: every room's routes and api; it knows none of them.
"""
