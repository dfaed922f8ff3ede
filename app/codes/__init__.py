"""Code sets as data: subjects, stages, grades, school categories, with validity and mappings."""
