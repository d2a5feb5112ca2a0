"""The errors newsclf raises on purpose, each with a message for the person who reads it."""


class NewsclfError(Exception):
    """Something newsclf can explain: what is wrong, where, and what to do about it."""


class InputError(NewsclfError, ValueError):
    """A text, file, row or column that can't be used as given."""


class ConfigurationError(NewsclfError, ValueError):
    """A TOML file, option or parameter that says something newsclf doesn't understand."""


class ModelError(NewsclfError):
    """A saved model that is missing, damaged, foreign or of another version."""


class QualityError(NewsclfError):
    """The data or the model works but is not good enough for what was asked."""
