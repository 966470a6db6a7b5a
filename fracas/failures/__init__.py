"""TODO card"""
