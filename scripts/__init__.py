"""What is run from a terminal around the app: the example, the pictures, the check of health."""
