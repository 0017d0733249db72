"""The table of what carriers can do is made from what they say of themselves."""

from django.core.management import call_command

from dialer.carriers import CAPABILITIES
from dialer.flow.features import Cell, Matrix, as_markdown, matrix
from dialer.management.commands import feature_matrix
from dialer.terms import CampaignKind, CarrierName, Feature, VoiceDelivery


def cells(label: object) -> dict[str, Cell]:
    """The cells of one row, by carrier."""
    found = matrix()
    [row] = [row for part in found.parts for row in part.rows if row.label == str(label)]
    return dict(zip(CAPABILITIES, row.cells, strict=True))


def test_every_feature_kind_and_delivery_has_its_row_and_every_carrier_its_column() -> None:
    found = matrix()
    labels = [row.label for part in found.parts for row in part.rows]

    assert found.carriers == tuple(str(CarrierName(name).label) for name in CAPABILITIES)
    for word in (*Feature, *CampaignKind, *VoiceDelivery):
        assert labels.count(str(word.label)) == 1, word
    assert {len(row.cells) for part in found.parts for row in part.rows} == {len(CAPABILITIES)}


def test_a_cell_says_what_the_carrier_says() -> None:
    for feature in Feature:
        said = {name: cell.is_yes for name, cell in cells(feature.label).items()}
        assert said == {name: feature in can.features for name, can in CAPABILITIES.items()}
    for name, cell in cells(CampaignKind.MESSAGE.label).items():
        assert cell.words == f"{CAPABILITIES[name].ceilings[CampaignKind.MESSAGE]:,} numbers in a request"
    for name, cell in cells("ID").items():
        assert cell.is_yes == ("ID" in CAPABILITIES[name].countries)


def test_how_long_recordings_are_kept_is_neither_yes_nor_no() -> None:
    for name, cell in cells("keeps recordings").items():
        days = CAPABILITIES[name].keeps_recordings_days
        assert cell == Cell(is_yes=None, words=f"{days} days" if days else "it does not say how long")


def test_yes_and_no_are_words_and_not_signs_alone() -> None:
    told = as_markdown(matrix())

    assert "✓ yes" in told
    assert "– no" in told
    assert as_markdown(Matrix(carriers=(), parts=())).startswith("# What the carriers can do")


def test_the_page_in_the_docs_is_up_to_date() -> None:
    assert feature_matrix.TARGET.read_text(encoding="utf-8") == feature_matrix.text(), (
        "Run `python manage.py feature_matrix`."
    )


def test_the_command_writes_the_page(tmp_path, monkeypatch, settings) -> None:
    settings.BASE_DIR = tmp_path
    monkeypatch.setattr(feature_matrix, "TARGET", tmp_path / "features.md")

    call_command("feature_matrix")

    assert (tmp_path / "features.md").read_text(encoding="utf-8") == feature_matrix.text()
