import pytest

from factory.component import Run
from factory.math import compose, families, render, text


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("name", list(families.files()))
def test_a_composed_text_is_what_jinja_renders(name, language):
    writer = render.Writer(families.load(name), language)
    family, language = writer.family, writer.language
    body = render.FIELD.join(
        [
            render.choice_of(getattr(family.question, language), render.PHRASE),
            render.choice_of(getattr(family.solution, language), "wording"),
            getattr(family.answer, language).strip(),
        ]
    )
    keys = render.drawer(name)(Run(1).random(name).random, 200, None)[:40]
    assert keys
    assert writer.block(keys) == "".join(writer.by_jinja(body)(keys))


def lines_of(template, known=("a", "b")):
    composer = compose.Composer(known, text.FUNCTIONS)
    return composer.lines(render.environment().parse(template).body, ""), composer.space


def written(template, **values):
    lines, space = lines_of(template, values)
    out = []
    exec("\n".join(lines), {**space, **values, "_add": out.append, "__builtins__": {}})
    return "".join(out)


@pytest.mark.parametrize(
    "template",
    [
        "plain {braces} and 'quotes' \\ \n",
        "<<a>> and <<b>>",
        "<<a + 2 * b>>, <<a // b>>, <<a % b>>, <<a ** 2>>, <<-a>>",
        "<% if a > b %>more<% elif a == b %>same<% else %>less<% endif %>!",
        "<% if a %><% endif %>.",
        "<< a | paren >> << b | term('x') >> << a | abs >>",
        "<< 'one' if a == 1 else 'many' >>",
        "<< (a, b)[1] >>",
        "<% if not (a > 3 and b < 2) or a in (1, 2) %>y<% endif %>",
        "<< 'text' | capitalize >>",
    ],
)
@pytest.mark.parametrize(("a", "b"), [(1, 2), (-3, 1), (7, 7)])
def test_python_and_jinja_write_the_same(template, a, b):
    assert written(template, a=a, b=b) == render.environment().from_string(template).render(a=a, b=b)


@pytest.mark.parametrize(
    "template",
    [
        "<< unknown >>",
        "<< a.__class__ >>",
        "<< a() >>",
        "<< a | shout >>",
        "<< a | join(', ') | upper >>",
        "<% for x in (1, 2) %><<x>><% endfor %>",
        "<% set x = 1 %><<x>>",
        "<< a / b >>",
        "<< 1.5 >>",
        "<< _str >>",
    ],
)
def test_what_is_not_plain_is_left_to_jinja(template):
    with pytest.raises((compose.UncommonError, render.TemplateError)):
        lines_of(template)
