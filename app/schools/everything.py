"""Who may touch what belongs to no region: whoever administers all there is."""

from typing import Annotated

from fastapi import Depends

from app.database import Db
from app.errors import Forbidden
from app.schools.queries import covers_everything
from app.security import CurrentAdministrator, PersonCaller, Role


async def _require_everything(db: Db, administrator: CurrentAdministrator) -> PersonCaller:
    if not await covers_everything(db, administrator.scope(Role.ADMINISTRATOR)):
        raise Forbidden("This is for who administers all there is.")
    return administrator


#: A person who administers every region that lies in no other. A route that takes one refuses
#: `Forbidden` (`@refuses`).
Everything = Annotated[PersonCaller, Depends(_require_everything)]
