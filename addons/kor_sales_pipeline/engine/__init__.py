from . import estimate, funnel
