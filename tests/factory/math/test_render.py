"""Templates: strict, sandboxed, and never changed by what they are filled with."""

import pytest

from factory.errors import RecipeError
from factory.math.render import FIELD, ROW, Writer, key_names, split

FAMILY = r"""
title: {{ja: 和, en: Sums}}
grade: 小1
topic: addition
level: 1
parameters: {{a: "int(1, 9)", b: "int(1, 9)"}}
words:
  who:
    - {{ja: けん, en: Ken}}
    - {{ja: "<<a>>{{{{a}}}}<% if %>", en: "<<a>>{{{{a}}}}<% if %>"}}
let: {{sum: a + b{let}}}
question:
  ja: ["<<who>>は $<<a>> + <<b>>$ を計算します。", "$<<a>> + <<b>>$ は?（<<who>>）"]
  en: ["<<who>> adds $<<a>> + <<b>>$.", "What is $<<a>> + <<b>>$, <<who>>?"]
solution: {{ja: ["{solution}", "もう一つの $<<a>> + <<b>> = <<sum>>$"], en: ["$<<a>> + <<b>> = <<sum>>$"]}}
answer: {{ja: "{answer}", en: "<<sum>>"}}
read: {{question: {{ja: x, en: x}}, answer: {{ja: x, en: x}}, relation: ["True"]}}
oracle: {{}}
"""
SOLUTION = "$<<a>> + <<b>> = <<sum>>$"


@pytest.fixture
def write(loaded):
    def rows(keys, language="ja", solution=SOLUTION, answer="<<sum>>", let=""):
        return Writer(loaded(FAMILY.format(solution=solution, answer=answer, let=let)), language).write(keys)

    return rows


def test_a_key_becomes_a_row(write):
    assert write([(0, 0, 3, 4)], "en") == [("Ken adds $3 + 4$.", "$3 + 4 = 7$", "7")]
    assert write([(1, 0, 3, 4)], "en")[0].question == "What is $3 + 4$, Ken?"
    assert write([(1, 0, 3, 4)])[0].question == "$3 + 4$ は?（けん）"
    assert write([]) == []


def test_a_key_holds_the_phrasing_the_words_and_the_parameters(loaded):
    assert key_names(loaded(FAMILY.format(solution=SOLUTION, answer="", let=""))) == ["phrase", "who_index", "a", "b"]


def test_a_block_is_its_rows_and_the_order_is_kept(write):
    keys = [(i % 2, 0, i, 1) for i in range(9)]
    assert write(keys) == [row for key in keys for row in write([key])]


def test_the_wording_depends_on_the_numbers_alone(write):
    keys = [(0, 0, a, b) for a in range(1, 10) for b in range(1, 10)]
    wordings = [row.solution.startswith("もう") for row in write(keys)]
    assert wordings == [row.solution.startswith("もう") for row in write([(1, 1, a, b) for _, _, a, b in keys])]
    assert 20 < sum(wordings) < 61


def test_data_that_looks_like_a_template_stays_data(write):
    for language in ("ja", "en"):
        assert "<<a>>{{a}}<% if %>" in write([(0, 1, 3, 4)], language)[0].question


ATTACKS = {
    "class of a string": "<<''.__class__>>",
    "class by subscript": "<<''['__class__']>>",
    "class of a number": "<<a.__class__.__mro__>>",
    "globals of a helper": "<<cycler.__init__.__globals__>>",
    "os through a helper": "<<cycler.__init__.__globals__.os.popen('true')>>",
    "joiner": "<<joiner.__init__.__globals__>>",
    "namespace": "<<namespace.__init__>>",
    "lipsum": "<<lipsum.__globals__>>",
    "self": "<<self.__init__>>",
    "filter of attributes": "<<a|attr('__class__')>>",
    "format of a string": "<<'{0.__class__}'.format(a)>>",
    "map to attributes": "<<[a]|map(attribute='__class__')|first>>",
    "unknown name": "<<total>>",
    "unknown filter": "<<a|shell>>",
    "unknown attribute": "<<a.b.c>>",
    "open block": "<% if a %>",
    "unknown block": "<% exec %>",
    "inclusion": "<% include '/etc/passwd' %>",
    "import": "<% import 'os' as os %>",
    "changing data": "<% set x = [] %><<x.append(1)>>",
    "endless range": "<% for i in range(10000000000) %><% endfor %>",
    "broken expression": "<<a +>>",
}


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("field", ["solution", "answer"])
def test_a_template_reaches_nothing_but_its_values(write, field, text):
    with pytest.raises(RecipeError, match=r"templates/math/area/family\.yaml: ja: \S"):
        write([(0, 0, a, 1) for a in range(1, 9)], **{field: text})


def test_a_derived_value_that_fails_names_the_family(write):
    with pytest.raises(RecipeError, match=r"family\.yaml: ja: a row can't be written: .*division"):
        write([(0, 0, 1, 1)], let=", half: a // (b - 1)")


def test_writers_of_tex_are_filters(write):
    assert write([(0, 0, 3, 4)], answer="<<a|term('x')>> <<b|plus>> <<a|frac(b)>>")[0].answer == r"3x + 4 \frac{3}{4}"


def test_blocks_are_split_at_their_marks():
    assert split("") == []
    assert split(f"q{FIELD}s{FIELD}a{ROW}") == [("q", "s", "a")]
