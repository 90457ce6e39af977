"""The known providers, one row each: `vendors` make models, `hosts` serve those of others, `local` servers run here.

A row says what a provider's servers refuse, rename or lack, as far as something public says so: `sources` are where.
What nobody wrote down is not guessed: such servers get what the program sent. A new compatible provider is one row; its
`title` must be unique, and its key variable too.
"""
