"""The rules: how official Chinese says what is to be done, by whom, until when and how much. Tables; no engine.

All patterns are written for folded text (`intake.draft.text.fold`): simplified characters, half-width digits and letters,
every bracket as （）, every comma as ，, every dash as -. A rule has a name, and examples that a test holds it to.
"""
