from . import fingerprint, placeholders, term_value
