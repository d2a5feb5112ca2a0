"""What mlflow asks for the artifacts at addresses of the scheme `newsclf`."""

from __future__ import annotations

from urllib.parse import urlsplit

import mlflow
from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository
from mlflow.utils.uri import validate_path_is_safe

from newsclf_artifacts import project_root, sqlite_file


class ArtifactsBesideStore(LocalArtifactRepository):
    """Artifacts at ``newsclf:/…``: in the folder of the store's SQLite file.

    Where the store is no such file, as for a client of a server that has one, it is the folder
    `experiments` of the project at work.

    Parameters
    ----------
    artifact_uri : str
    tracking_uri, registry_uri : str, optional
        The store; mlflow's default where not given.
    """

    def __init__(self, artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None) -> None:
        file = sqlite_file(tracking_uri or mlflow.get_tracking_uri())
        home = file.parent if file else project_root() / "experiments"
        inside = validate_path_is_safe(urlsplit(artifact_uri).path.lstrip("/"))  # type: ignore[no-untyped-call]
        super().__init__(str(home / inside), tracking_uri, registry_uri)
