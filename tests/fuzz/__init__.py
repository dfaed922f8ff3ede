"""Whatever a stranger or a broken peer sends: each parser, fed by replay and by fuzzing."""
