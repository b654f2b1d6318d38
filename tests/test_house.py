"""What a newcomer meets stays small: `python -m benchmarks.house` prints the same as a table."""

from __future__ import annotations

from benchmarks.house import FILES, REASONS, complicated, duplicates, files, long_modules, undocumented


def test_no_folder_holds_more_files_than_a_newcomer_can_walk() -> None:
    assert {folder: count for folder, count in files().items() if count > FILES} == {}


def test_no_two_modules_have_the_same_base_name() -> None:
    assert duplicates() == {}


def test_no_function_has_too_many_branches() -> None:
    assert complicated() == []


def test_a_long_module_has_its_reason_and_no_other_has_one() -> None:
    assert set(REASONS) == set(long_modules())


def test_every_public_name_has_a_docstring() -> None:
    assert undocumented() == []
