"""The JSON Schema of rule files, for editors that complete and check while one writes; `rules.schema.json` is kept."""

import json
from typing import Any

from pydantic.json_schema import models_json_schema

from rules.written import RuleFile, WrittenGroup, WrittenRule

NAME = "rules.schema.json"
_WHOLE = "https://json-schema.org/draft/2020-12/schema"


def rule_schema() -> dict[str, Any]:
    """The schema of a file in `rules/`, made from the models that read it."""
    models = (RuleFile, WrittenGroup, WrittenRule)
    _, found = models_json_schema([(model, "validation") for model in models], ref_template="#/$defs/{model}")
    parts = found["$defs"]
    parts["RuleFile"]["properties"]["groups"]["items"] = {"$ref": "#/$defs/WrittenGroup"}
    parts["WrittenGroup"]["properties"]["rules"]["items"] = {"$ref": "#/$defs/WrittenRule"}
    return {"$schema": _WHOLE, "title": "Rules of a town", "$ref": "#/$defs/RuleFile", "$defs": parts}


def schema_text() -> str:
    """The schema as it stands in `rules.schema.json`."""
    return json.dumps(rule_schema(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
