"""How long connections that nothing is sent over are kept and used."""

from __future__ import annotations

KEEPALIVE_S = 300.0
"""How long an unused connection is kept open."""
BILLED_MAX_IDLE_S = 60.0
"""How long it may have been idle for a request that is billed whenever it arrives: servers close them after a minute or
more, and if one breaks, nobody knows whether the request has arrived."""
