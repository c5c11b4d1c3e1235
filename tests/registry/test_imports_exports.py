"""What an import takes and what an export writes are the same columns, for everything that a file may make."""

import pytest

from services.registry.imports.exporting import FILES
from services.registry.imports.exports.files import AS_IT_IS, FAMILIES, How
from services.registry.imports.shapes import SHAPES, Makes

EACH = {"name": "<language>", "id": "<scheme>", "identifier": "<scheme>", "border_m": "<country>"}


@pytest.mark.parametrize("makes", Makes)
def test_an_export_has_every_column_of_its_import_and_no_other(makes: Makes) -> None:
    file, shape = FILES[makes], SHAPES[makes]
    columns = list(file.columns(How(AS_IT_IS, {family: [EACH[family]] for family in file.families}, email="seat.email")))
    assert sorted(columns) == sorted(shape.offered)
    assert set(shape.needed) <= set(columns)


@pytest.mark.parametrize("makes", Makes)
def test_each_title_is_a_column_of_the_import(makes: Makes) -> None:
    keys = {"name": ["en", "zh-Hant"], "id": ["iso3166-2"], "identifier": ["iso3166-2"], "border_m": ["MX"]}
    file = FILES[makes]
    assert set(file.families) <= set(FAMILIES)
    for title in file.columns(How(AS_IT_IS, {family: keys[family] for family in file.families}, email="seat.email")):
        assert SHAPES[makes].column(title).title == title
