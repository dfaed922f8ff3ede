"""All tables: importing this module makes `Base.metadata` whole, for migrations and tests."""

from app import files, idempotency
from app.accounts import models as accounts
from app.alliances import models as alliances
from app.attendance import delivered, recounting
from app.attendance import models as attendance
from app.calendars import models as calendars
from app.codes import models as codes
from app.coverage import models as coverage
from app.database import Base
from app.jobs import models as jobs
from app.lessons import models as lessons
from app.live import models as live
from app.planning import models as planning
from app.recordings import (
    captions,
    copies,
    downloads,
    leftovers,
    micro_lessons,
    publishing,
    retention,
    retention_rules,
)
from app.recordings import models as recordings
from app.schools import models as schools
from app.schools import room_tests, roster_models

METADATA = Base.metadata
SLICES = (
    idempotency,
    jobs,
    codes,
    schools,
    room_tests,
    roster_models,
    accounts,
    files,
    calendars,
    alliances,
    lessons,
    planning,
    attendance,
    delivered,
    recounting,
    recordings,
    copies,
    downloads,
    captions,
    micro_lessons,
    leftovers,
    retention_rules,
    retention,
    publishing,
    coverage,
    live,
)
