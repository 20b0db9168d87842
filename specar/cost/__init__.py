"""What runs cost: the multiply-adds that a model needs, and the time that they take."""
