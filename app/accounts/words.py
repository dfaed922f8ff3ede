"""The users' words for what exports of accounts show; `docs/glossary.md` decides."""

from app.security import Role

ROLE = {Role.TEACHER: "教师", Role.SUPERVISOR: "巡课", Role.ADMINISTRATOR: "管理员"}
