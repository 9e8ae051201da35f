"""The lecture's lines as computations: what each chapter of the Theory tab shows, without a screen."""
