"""How answers, articles and progress look in a terminal."""
