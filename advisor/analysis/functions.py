"""Functions: which are aggregates, what they return, whether an index may hold them."""

from __future__ import annotations

from advisor.catalog.schema import Schema

AGGREGATES = frozenset({
    "any_value", "array_agg", "avg", "bit_and", "bit_or", "bit_xor", "bool_and", "bool_or", "corr", "count",
    "covar_pop", "covar_samp", "every", "json_agg", "json_object_agg", "jsonb_agg", "jsonb_object_agg", "max", "min",
    "mode", "percentile_cont", "percentile_disc", "range_agg", "range_intersect_agg", "regr_avgx", "regr_avgy",
    "regr_count", "regr_intercept", "regr_r2", "regr_slope", "regr_sxx", "regr_sxy", "regr_syy", "stddev",
    "stddev_pop", "stddev_samp", "string_agg", "sum", "var_pop", "var_samp", "variance", "xmlagg", "json_agg_strict",
    "jsonb_agg_strict", "json_object_agg_strict", "jsonb_object_agg_strict", "json_object_agg_unique",
    "jsonb_object_agg_unique", "json_object_agg_unique_strict", "jsonb_object_agg_unique_strict", "st_collect",
    "st_extent", "st_union", "hypothetical_rank",
})  # fmt: skip

_SAME = frozenset({"min", "max", "abs", "any_value", "sum", "greatest", "least"})
_TYPES = {
    "lower": "text", "upper": "text", "btrim": "text", "ltrim": "text", "rtrim": "text", "substring": "text",
    "substr": "text", "concat": "text", "replace": "text", "left": "text", "right": "text", "md5": "text",
    "split_part": "text", "to_char": "text", "initcap": "text", "length": "int4", "char_length": "int4",
    "count": "int8", "row_number": "int8", "rank": "int8", "extract": "numeric", "date_part": "float8",
    "now": "timestamptz", "clock_timestamp": "timestamptz", "transaction_timestamp": "timestamptz",
    "statement_timestamp": "timestamptz", "to_timestamp": "timestamptz", "to_date": "date", "to_tsvector": "tsvector",
    "to_tsquery": "tsquery", "plainto_tsquery": "tsquery", "websearch_to_tsquery": "tsquery",
    "phraseto_tsquery": "tsquery", "similarity": "float4", "array_length": "int4", "cardinality": "int4",
    "jsonb_array_length": "int4", "gen_random_uuid": "uuid", "st_dwithin": "bool", "st_intersects": "bool",
    "st_contains": "bool", "st_within": "bool", "nextval": "int8", "strpos": "int4", "position": "int4",
    "jsonb_extract_path_text": "text", "jsonb_extract_path": "jsonb",
}  # fmt: skip
_IMMUTABLE = frozenset({
    "lower", "upper", "btrim", "ltrim", "rtrim", "substring", "substr", "replace", "left", "right", "md5", "split_part",
    "initcap", "length", "char_length", "abs", "strpos", "position", "jsonb_extract_path_text", "jsonb_extract_path",
    "jsonb_array_length", "array_length", "cardinality", "ceil", "ceiling", "floor", "reverse", "trunc", "mod",
})  # fmt: skip


def call_type(name: str, arguments: tuple[str | None, ...]) -> str | None:
    """Return the type a call gives, `None` where it cannot be told."""
    if name in _SAME:
        return arguments[0] if arguments else None
    if name == "date_trunc":
        return arguments[1] if len(arguments) > 1 else None
    return _TYPES.get(name)


def call_immutable(schema: Schema, name: str, arguments: tuple[str | None, ...]) -> bool:
    """Whether a call gives the same result for the same arguments for ever."""
    if name in ("date_trunc", "date_part", "extract"):
        return arguments[1:2] in (("timestamp",), ("date",), ("interval",), ("time",))
    if name == "to_tsvector":
        return len(arguments) == 2
    return name in _IMMUTABLE or name in schema.immutable_functions


def strict(name: str) -> bool:
    """Whether a function is known to give NULL for a NULL argument."""
    return name in _IMMUTABLE or name in ("date_trunc", "date_part", "extract", "timezone", "to_char")
