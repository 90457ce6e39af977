"""The desktop window and the toolkits under it.

The only place that imports webview. The page gets no API object: it talks to the server like any browser.
"""
