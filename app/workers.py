"""Workers put together: who does which kind of job, and what is queued by itself.

For the one in the server (`app.main`) and for processes of their own (`app.job_commands`).
"""

from app.accounts import staff_imports
from app.alliances import imports as alliance_imports
from app.attendance import locking, recounting
from app.attendance.records import SessionRecords
from app.clock import utc_now
from app.coverage import office as coverage_office
from app.coverage import timetable_import
from app.database import Database
from app.events import EventBus
from app.jobs import housekeeping
from app.jobs.context import Handlers
from app.jobs.files import JobFiles
from app.jobs.models import Queue
from app.jobs.worker import Periodic, Worker
from app.lessons import changes as lesson_changes
from app.lessons import readiness
from app.live import composing, cutting, rebuilding
from app.live.replay_builder import ProcessReplayBuilder
from app.live.replays import Replays
from app.planning import jobs as planning_jobs
from app.recordings import downloads, micro_lessons, purging, reconciling, uploading
from app.recordings.finishing import REPLAY_KIND
from app.schools import (
    class_imports,
    import_jobs,
    importing,
    region_imports,
)
from app.schools.import_jobs import ImportKind
from app.settings import Settings
from app.store.client import ObjectStore
from app.store.signing import Credentials
from media.recorder.places import SecondPlace

# The worker in the server. There is one server: it holds the rooms.
IN_SERVER = "server"


# What is queued by itself, and how often.
PERIODIC = {
    housekeeping.KIND: Periodic(housekeeping.EVERY),
    uploading.KIND: Periodic(uploading.EVERY, Queue.KEEPING),
    reconciling.KIND: Periodic(reconciling.EVERY, Queue.KEEPING),
    purging.KIND: Periodic(purging.EVERY, Queue.KEEPING),
    lesson_changes.MISSING_KIND: Periodic(lesson_changes.MISSING_EVERY),
    readiness.KIND: Periodic(readiness.EVERY),
    recounting.KIND: Periodic(recounting.EVERY, Queue.HEAVY),
}

# Which tables can be imported.
IMPORT_KINDS = {
    ImportKind.SCHOOLS: importing.SCHOOLS,
    ImportKind.CLASSES: class_imports.CLASSES,
    ImportKind.CLASSROOMS: class_imports.CLASSROOMS,
    ImportKind.REGIONS: region_imports.REGIONS,
    ImportKind.STAFF: staff_imports.STAFF,
    ImportKind.LOCAL_TIMETABLES: timetable_import.LOCAL_TIMETABLES,
    ImportKind.ALLIANCES: alliance_imports.ALLIANCES,
}


def open_store(settings: Settings) -> ObjectStore | None:
    """Return the object store recordings are kept in, or None: they stay on the disk."""
    if not settings.store_url:
        return None
    credentials = Credentials(
        settings.store_key_id, settings.store_secret.get_secret_value(), settings.store_region
    )
    return ObjectStore(settings.store_url, credentials, clock=utc_now)


def recording_handlers(
    settings: Settings, store: ObjectStore | None, second: SecondPlace | None
) -> Handlers:
    """Return who looks after the files of recordings."""
    recordings_dir = settings.recordings_dir.absolute()
    rebuilder = rebuilding.Rebuilder(recordings_dir, store, ProcessReplayBuilder(), second=second)
    return {
        REPLAY_KIND: Replays(recordings_dir, second, ProcessReplayBuilder()).run,
        uploading.KIND: uploading.Uploader(recordings_dir, store).run,
        reconciling.KIND: reconciling.Reconciler(recordings_dir, store).run,
        purging.KIND: purging.Purger(recordings_dir, store).run,
        downloads.KIND: composing.Composer(recordings_dir, store).run,
        micro_lessons.KIND: cutting.Cutter(recordings_dir, store).run,
        rebuilding.KIND: rebuilder.run,
    }


def job_handlers() -> Handlers:
    """Return who does which kind of job, of those that need the database and nothing else."""
    return {
        housekeeping.KIND: housekeeping.keep_house,
        planning_jobs.KIND: planning_jobs.run_planning,
        lesson_changes.MISSING_KIND: lesson_changes.miss_overdue,
        readiness.KIND: readiness.Follower(SessionRecords()).run,
        locking.KIND: locking.lock_term,
        recounting.KIND: recounting.recount,
        **import_jobs.handlers(IMPORT_KINDS),
        coverage_office.COMPUTE: coverage_office.compute_sheet,
        coverage_office.CHECK: coverage_office.check_sheet,
        coverage_office.REPORT: coverage_office.make_report,
    }


def make_worker(
    settings: Settings,
    database: Database,
    events: EventBus,
    *,
    queues: frozenset[Queue],
    store: ObjectStore | None,
    second: SecondPlace | None,
    name: str = "",
    is_only_one: bool = False,
) -> Worker:
    """Return a worker for this server, or for a process of its own."""
    return Worker(
        database,
        events,
        handlers={**job_handlers(), **recording_handlers(settings, store, second)},
        periodic=PERIODIC,
        files=JobFiles(settings.files_dir),
        queues=queues,
        clock=utc_now,
        name=name,
        is_only_one=is_only_one,
    )
