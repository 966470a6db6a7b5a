"""People: who they are, what they may do and which sites and customer they see.

Keeps: users, roles, the permission matrix, sign-in sessions, API tokens, password links.
Asks: organisations for sites and customers. Asked by: the guard (who is this?), and every room that names a person.
"""
