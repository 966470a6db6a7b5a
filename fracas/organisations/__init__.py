"""Organisations and whom they deal with: sites (with their time zone), customers, suppliers.

Asks of others: core only.
Asked by: every room, for the organisation a row belongs to and the site where something happened.
"""
