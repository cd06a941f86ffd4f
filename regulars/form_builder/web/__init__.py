"""The pages of forms and records: designer, lists, record pages, entry forms, recycle bin."""
