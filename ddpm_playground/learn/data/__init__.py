"""What networks are trained on: labelled pictures, points in the plane, and batches of them."""
