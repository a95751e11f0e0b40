"""How dates and numbers are written in each language, where Django's own formats are not those of the pages."""
