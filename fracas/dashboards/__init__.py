"""What crosses rooms: the work list, the whole life of a serial, the managers' page.

Keeps: nothing. Asks: every room's queries. Asked by: nobody.
"""
