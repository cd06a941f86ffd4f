"""The till: a clerk's screen made of forms. `web.tills` draws it and answers its calls."""
