"""From live facts to evidence: sessions, events, presence, attendance."""
