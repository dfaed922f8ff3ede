"""Terms, holidays and make-up days, bells: which periods a school has on which day."""
