"""The pages of `factory view`: a local web app, rendered by the server, that works without scripts too."""
