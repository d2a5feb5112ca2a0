"""An audit of records: checks with codes, each a pure function of the records and of what is known about sources.

One module holds one family of checks; `registry` knows them all.
"""
