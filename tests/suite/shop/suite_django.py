from django_shop import names


def test_django():
    assert len(names()) == 8
