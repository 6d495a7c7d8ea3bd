print("clockwork")
