"""The parts of the closed loop: a careless teacher, a model of random weights, worthless labels, a table and a plot."""
