"""Recording: parts on disk while a lesson runs, and what is made of them afterwards.

The only package that imports av. `room.RoomRecorder` writes; `recovery.recover` repairs after
a crash; `replay.build_replay` makes seekable files; `compose.compose` makes one file of a whole
lesson, the only encoding there is. `manifest`, `timeline` and `composition` import no av.
"""
