"""The users' words for what exports of the registry show; `docs/glossary.md` decides."""

from app.schools.models import AuthorityLevel

AUTHORITY_LEVEL = {
    AuthorityLevel.MINISTRY: "部",
    AuthorityLevel.PROVINCE: "省级",
    AuthorityLevel.CITY: "市级",
    AuthorityLevel.COUNTY: "县级",
}
