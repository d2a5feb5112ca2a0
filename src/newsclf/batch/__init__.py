"""Tagging whole files: in bounded memory, in several processes, resumed where it was interrupted."""

from newsclf.batch.filejob import Summary, predict_file

__all__ = ["Summary", "predict_file"]
