"""Topic classifier for Arabic news.

>>> import newsclf
>>> model = newsclf.load()
>>> model.predict(["الوداد يتعاقد مع مدرب جديد لقيادة الفريق"])
['sport']
"""

from newsclf.errors import NewsclfError
from newsclf.loading import load
from newsclf.predictor import Prediction, Predictor

__all__ = ["NewsclfError", "Prediction", "Predictor", "load"]
