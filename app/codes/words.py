"""The users' words for what exports of code sets show; `docs/glossary.md` decides."""

from app.codes.models import CodeKind

KIND = {
    CodeKind.SUBJECT: "学科",
    CodeKind.STAGE: "学段",
    CodeKind.GRADE: "年级",
    CodeKind.SCHOOL_CATEGORY: "办学类型",
    CodeKind.URBAN_RURAL: "城乡分类",
    CodeKind.LINK: "接入方式",
    CodeKind.LANGUAGE: "语言",
    CodeKind.REGION_LABEL: "区划标签",
}
