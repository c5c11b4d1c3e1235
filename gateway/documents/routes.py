"""Documentation."""

from shared.routes import Router

router = Router(tags=["documentation"])
