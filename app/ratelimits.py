"""How often a caller may do what: counted in memory, or in Redis when one is configured."""

from dataclasses import dataclass

from fastapi import Request
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter

from app.addresses import source_of
from app.errors import Problem
from app.security import client_address


class TooManyRequests(Problem):
    """The caller has to wait."""

    status, type, title = 429, "too-many-requests", "Too many requests"


class RateLimits:
    """Counters of all limits of one application."""

    def __init__(self, redis_url: str | None) -> None:
        storage = (
            MemoryStorage()
            if redis_url is None
            else RedisStorage(f"async+{redis_url}", implementation="redispy")
        )
        self._limiter = FixedWindowRateLimiter(storage)

    async def spend(self, item: RateLimitItem, name: str, key: str) -> None:
        """Count one use by `key`. Raise TooManyRequests when the window's share is used up."""
        if not await self._limiter.hit(item, name, key):
            seconds = item.get_expiry()
            raise TooManyRequests(f"Try again in {seconds} s.", retry_after_s=seconds)


@dataclass(frozen=True)
class RateLimit:
    """A dependency: `Depends(RateLimit("enrol", "10/minute"))` limits per caller's network."""

    name: str
    share: str

    async def __call__(self, request: Request) -> None:
        """Count this request."""
        limits: RateLimits = request.app.state.rate_limits
        await limits.spend(parse(self.share), self.name, source_of(client_address(request)))
