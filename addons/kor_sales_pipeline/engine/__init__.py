from . import estimate, fingerprint, funnel, placeholders, term_value
