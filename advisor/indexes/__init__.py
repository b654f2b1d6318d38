"""Shapes, weights and what-if costing in, index proposals out."""
