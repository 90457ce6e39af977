"""The values of secrets, in the keychain or a private file, and the gate that every credential passes.

Start with `store.py`, then `gate.py`. No representation, log line or error here may contain a value, and the
key that was set last wins.
"""
