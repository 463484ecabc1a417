"""The Playground: small networks on points in the plane, trained while one looks; see README.md."""

from engines.playground.design import project_of
from engines.playground.settings import Change, Settings

__all__ = ["Change", "Settings", "project_of"]
