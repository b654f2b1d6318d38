"""Kinds of changes, one module for each place where a change is made; importing them registers the kinds."""

import importlib
import pkgutil

for _module in sorted(one.name for one in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
