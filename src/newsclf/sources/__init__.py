"""Readers of raw material: one module for each kind, each giving items for `newsclf.prepare`."""
