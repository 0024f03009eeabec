"""Connectors: each a class that talks with one kind of system of customers. Import a module here to have its class."""

from .base import CONNECTORS, Connector, ConnectorError, Context
from . import prometheus

__all__ = ["CONNECTORS", "Connector", "ConnectorError", "Context", "prometheus"]
