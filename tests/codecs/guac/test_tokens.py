import pytest

from beamdesk.codecs.guac.tokens import TokenFault, TokenRefused, substitute

TOKENS = {"USERNAME": "Marie.Curie", "HOST": "10.0.0.7", "ODD": "${HOST}", "EMPTY": "", "lower_1": "x"}


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("plain", "plain"),
        ("", ""),
        ("${USERNAME}", "Marie.Curie"),
        ("${USERNAME:UPPER}@${HOST}", "MARIE.CURIE@10.0.0.7"),
        ("${USERNAME:LOWER}", "marie.curie"),
        ("${USERNAME:OPTIONAL}", "Marie.Curie"),
        ("[${NOBODY:OPTIONAL}]", "[]"),
        ("[${EMPTY}]", "[]"),
        ("${lower_1}", "x"),
        # What is filled in is not looked at again.
        ("${ODD}", "${HOST}"),
        ("$${USERNAME}", "${USERNAME}"),
        ("$$${USERNAME}", "$${USERNAME}"),
        ("$${${USERNAME}", "${Marie.Curie"),
        ("$USERNAME $ {USERNAME} 100$", "$USERNAME $ {USERNAME} 100$"),
    ],
)
def test_filled_in(template, filled) -> None:
    assert substitute(template, TOKENS) == filled


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("${NOBODY}", TokenFault.UNKNOWN),
        ("${NOBODY:UPPER}", TokenFault.UNKNOWN),
        ("${username}", TokenFault.UNKNOWN),
        ("${USERNAME:TITLE}", TokenFault.MODIFIER),
        ("${USERNAME:}", TokenFault.MODIFIER),
        ("${USERNAME:upper}", TokenFault.MODIFIER),
        ("${USERNAME:UPPER:LOWER}", TokenFault.MODIFIER),
        ("${}", TokenFault.SYNTAX),
        ("${A B}", TokenFault.SYNTAX),
        ("${USERNAME", TokenFault.SYNTAX),
        ("${${USERNAME}}", TokenFault.SYNTAX),
    ],
)
def test_refused(template, fault) -> None:
    with pytest.raises(TokenRefused) as caught:
        substitute(template, TOKENS)
    assert caught.value.fault is fault
    assert "Curie" not in str(caught.value)
