import pytest
from shop import names


@pytest.fixture
def warm():
    return names()  # what a fixture does is not the test's


def test_lazy():
    assert len(names()) == 8


def test_eager(warm):
    assert len(names(eager=True)) == 8


@pytest.mark.advisor(allow="customers")
def test_allowed():
    assert len(names()) == 8


@pytest.mark.advisor(max_queries=3)
def test_too_many():
    assert len(names()) == 8


@pytest.mark.advisor(max_queries=2)
def test_few_enough():
    assert len(names(eager=True)) == 8
