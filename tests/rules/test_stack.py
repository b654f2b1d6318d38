"""The library is guessed from its SQL, its tags or the application's name, and its remedy names real tables."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from advisor.rules.loops.library_names import Names
from advisor.rules.loops.remedies import remedies
from advisor.rules.loops.stack import guess_stack

STATEMENTS = tomllib.loads((Path(__file__).parent / "stacks.toml").read_text())["statement"]


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement["text"][:60])
def test_a_library_is_known_by_how_it_writes(statement: dict[str, Any]) -> None:
    assert guess_stack([statement["text"]], {}, None)[0] == statement["stack"]


def test_tags_speak_before_the_application_and_the_application_before_the_sql() -> None:
    rails = 'SELECT "comments".* FROM "comments" WHERE "comments"."post_id" = $1'
    assert guess_stack([rails], {"framework": "django:5.2"}, "puma: cluster") == ("Django", "tags")
    assert guess_stack([rails], {}, "my-spring-service") == ("Hibernate", "application name")
    assert guess_stack([rails], {}, "shop") == ("ActiveRecord", "SQL style")


def test_every_library_but_an_unknown_one_has_remedies() -> None:
    stacks = {statement["stack"] for statement in STATEMENTS} - {"raw SQL"}
    assert set(remedies()) == stacks
    for stack in stacks:
        assert set(remedies()[stack]) >= {"one", "many", "count", "insert", "delete"} - {"update"}, stack


def test_a_remedy_is_code_alone_and_names_models_and_relations() -> None:
    names = Names("blog_posts", "comments", "blog_post_id", "BlogPost", "Comment", "comments", owner="blog_post")
    filled = {stack: names.fill(templates["many"]) for stack, templates in remedies().items()}
    assert filled["SQLAlchemy"] == "select(BlogPost).options(selectinload(BlogPost.comments))"
    assert filled["ActiveRecord"] == "BlogPost.includes(:comments)"
    assert filled["Prisma"] == "prisma.blogPost.findMany({ include: { comments: true } })"
    everything = [names.fill(text) for templates in remedies().values() for text in templates.values()]
    assert not [text for text in everything if "{Parent}" in text or "{child}" in text or "..." in text]
