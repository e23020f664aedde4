"""What leaves the house: GeoJSON and the web map.

Reads one plan and writes files; decides nothing about it.
"""
