from shop import names_by_hand, pages


def test_by_hand():
    assert len(names_by_hand()) == 8


def test_pages():
    assert pages() > 8
