"""The categories: five, told apart by every name they have."""

from __future__ import annotations

from newsclf.taxonomy import OTHER, categories, category_ids, category_of_section


def test_the_categories_are_the_five_of_the_labelling_guideline() -> None:
    assert category_ids() == ("security", "sport", "politics", "economy", OTHER)


def test_every_category_has_its_names_and_all_but_other_an_iptc_code() -> None:
    for category in categories():
        assert all((category.arabic, category.french, category.english))
        assert (category.iptc == ()) == (category.id == OTHER)
        assert all(code.startswith("medtop:") for code in category.iptc)
    for name in ("arabic", "french", "english"):
        assert len({getattr(category, name) for category in categories()}) == 5


def test_no_section_means_two_categories() -> None:
    sections = [section for category in categories() for section in (category.id, *category.sections)]
    own = [{category.id, *category.sections} for category in categories()]
    assert len(set(sections)) == sum(map(len, own))


def test_a_section_is_known_however_it_is_written() -> None:
    for category in categories():
        for section in (category.id, *category.sections):
            assert category_of_section(section) == category.id
            assert category_of_section(f"  {section.upper()} ") == category.id
    assert category_of_section("societe") is None
    assert category_of_section("") is None
