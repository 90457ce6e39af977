"""Wire formats of providers. Pure translators; they know no network."""
