"""What clients are told: errors, why a limit has no room, where auto-routing is switched on, how full limits are.

Start with `errors.py`. Everything here is in the product's terms; a surface writes it in the client's dialect.
"""
