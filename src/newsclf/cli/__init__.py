"""The command line: one module a command, each a thin layer over the library."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from newsclf.errors import NewsclfError, QualityError

# From command to the module of this package that holds it. A module is imported only when its command is
# asked for, so that tagging text never pays for what training needs.
COMMANDS = {
    "prepare": "prepare",
    "vectors": "vectors",
    "train": "train",
    "evaluate": "evaluate",
    "predict": "predict",
    "tag": "tag",
    "explain": "explain",
    "check": "check",
    "compare": "compare",
    "sweep": "sweep",
    "promote": "registry",
    "rollback": "registry",
    "history": "registry",
    "sync": "sync",
}

EXIT_NOT_GOOD_ENOUGH = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


class _LazyGroup(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Whoever read our output has had enough; not an error. What is still unwritten goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"newsclf.cli.{COMMANDS[cmd_name]}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="newsclf", message="%(prog)s %(version)s")
def cli() -> None:
    """Tag Arabic news with its topic: security, sport, politics, economy or other.

    \b
    Examples:
      newsclf tag "الوداد يتعاقد مع مدرب جديد"
      newsclf predict headlines.csv tagged.csv --text-column title
      newsclf train experiments/default.toml
    """


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code, printing errors as one line each.

    Parameters
    ----------
    arguments : list of str, optional
        The words after ``newsclf``; those of this process where not given.

    Returns
    -------
    int
        0 done, 1 the data or the model is not good enough, 2 wrong use or bad input,
        130 interrupted.
    """
    try:
        result: Any = cli.main(args=arguments, prog_name="newsclf", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        return _say("interrupted", EXIT_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        return EXIT_BAD_INPUT
    except QualityError as error:
        return _say(f"not good enough: {error}", EXIT_NOT_GOOD_ENOUGH)
    except NewsclfError as error:
        return _say(f"error: {error}", EXIT_BAD_INPUT)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("", "newsclf"):
            raise
        return _say(
            f"error: this needs the package {missing}, which is not installed; install newsclf with what training "
            "needs, in a checkout: pip install '.[train]'",
            EXIT_BAD_INPUT,
        )
    return result if isinstance(result, int) else 0


def _say(message: str, code: int) -> int:
    click.echo(f"newsclf: {message}", err=True)
    return code


def main() -> None:
    """Entry point of the ``newsclf`` program."""
    sys.exit(run())
