"""Writes what others may rely on as files: each service's OpenAPI, and its events as AsyncAPI and JSON Schema."""

from deploy.publish.command import add_arguments, run

__all__ = ["add_arguments", "run"]
