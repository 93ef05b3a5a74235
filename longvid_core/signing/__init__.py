"""Signing a film off: content credentials (C2PA) inside the file, a signature over its manifest beside it, and checking both.

`film.sign_film` signs, `verify.verify_film` checks, `authority.make_own` makes certificates for people who have none.
What needs the extra `sign` is imported where it is used.
"""
