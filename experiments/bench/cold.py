"""A cold start, to be measured from outside: ``python -m bench.cold PEER MODEL`` loads a model and tags one text."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.peers import PEERS

if __name__ == "__main__":
    print(PEERS[sys.argv[1]].load(Path(sys.argv[2]))(["توقيف مروج مخدرات بحي شعبي في طنجة"]))
