"""What clients are told: errors, why a limit has no room, where to switch auto-routing on, how full limits are.

Start with `errors.py`. Everything here uses the product's terms; a surface writes it in the client's dialect.
"""
