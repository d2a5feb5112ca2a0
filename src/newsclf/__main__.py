"""``python -m newsclf``: the same as the ``newsclf`` program."""

from newsclf.cli import main

if __name__ == "__main__":
    main()
