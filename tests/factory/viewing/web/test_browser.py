"""The pages in a real browser: what people do there works, by keys, on a phone, in both languages, without scripts."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
sync_api.expect.set_options(timeout=20_000)
expect = sync_api.expect
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

PHONE = {"width": 390, "height": 844}
ROOT = Path(__file__).parents[4]


def rows(page: Any) -> list[str]:
    return [" ".join(text.split()) for text in page.locator("tr.row td.texts").all_inner_texts()]


def enter(page: Any, row: int) -> None:
    """Open a row of a list, until its page hears keys."""
    page.locator("tr.row").nth(row).click()
    page.wait_for_url("**/row/**")


def decisions(folder: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(folder.with_name(folder.name + ".reviews.sqlite")) as connection:
        return list(connection.execute("select decided, note from reviews where not undone order by number"))


def test_rows_are_browsed_page_by_page_and_one_by_one(both: Any, opened: Callable[..., Any]) -> None:
    page = opened(f"{both.url}/rows?limit=20")
    assert len(rows(page)) == 20
    assert rows(page)[0].startswith("User Question 1 ")
    page.click(".pages a[rel=next]")
    assert "21–40 of 192" in page.inner_text(".pages strong")
    page.fill(".pages input[name=row]", "192")
    page.press(".pages input[name=row]", "Enter")
    page.wait_for_url("**row=192*")
    assert len(rows(page)) == 1
    page.goto(f"{both.url}/rows")
    enter(page, 2)
    assert page.inner_text(".steps strong") == "3 of 192"
    page.keyboard.press("j")
    page.wait_for_url("**at=3*")
    assert page.inner_text(".steps strong") == "4 of 192"
    page.keyboard.press("k")
    page.wait_for_url("**at=2*")
    page.keyboard.press("b")
    page.wait_for_url("**/rows?")


def test_a_conversation_shows_formulas_code_verdicts_and_where_it_comes_from(
    both: Any, opened: Callable[..., Any]
) -> None:
    page = opened(f"{both.url}/rows")
    enter(page, 0)
    page.wait_for_selector(".story code")
    assert page.locator(".text math").count() == 2
    assert page.inner_text(".text pre code") == "print(3)\n" or page.inner_text(".text pre code") == "print(3)"
    assert "planted passed" in page.inner_text(".verdicts")
    assert "data/train-00000.parquet" in page.inner_text(".story")
    page.click(".views >> text=Source")
    assert "\\frac{1}{2}" in page.inner_text(".source >> nth=1")
    assert page.locator("math").count() == 0


def test_rows_are_filtered_by_menu_by_value_and_not_any_more(both: Any, opened: Callable[..., Any]) -> None:
    page = opened(f"{both.url}/rows")
    page.click("summary:has-text('Filter')")
    page.fill("input[name=column]", "meta.nested.depth")
    page.select_option("select[name=op]", "<=")
    page.fill("input[name=value]", "12")
    page.click("text=Add filter")
    assert len(rows(page)) == 10
    page.wait_for_selector(".facet a:has-text('日本語')")
    page.click(".facet a:has-text('日本語')")
    assert all("日本語" in text for text in rows(page))
    assert len(rows(page)) == 5
    page.click(".chips a >> nth=0")
    assert "of 96" in page.inner_text(".pages strong")
    page.click("text=Clear all")
    assert "of 192" in page.inner_text(".pages strong")


def test_rows_are_searched_while_one_types_and_sorted_by_a_heading(both: Any, opened: Callable[..., Any]) -> None:
    page = opened(f"{both.url}/rows?show=meta.nested.depth&show=meta.difficulty")
    page.evaluate("window.stayed = true")
    page.keyboard.press("/")
    page.keyboard.type("question 23 in")
    page.wait_for_url("**search=question*")
    expect(page.locator("tr.row")).to_have_count(1)
    assert page.evaluate("window.stayed")
    page.goto(f"{both.url}/rows?show=meta.nested.depth")
    page.click("th >> text=nested.depth")
    page.click("th >> text=nested.depth")
    assert page.get_attribute("th[aria-sort]", "aria-sort") == "descending"
    assert rows(page)[0].startswith("User Question 239 ")


def test_what_was_dropped_says_why_and_is_filtered_by_it(both: Any, opened: Callable[..., Any]) -> None:
    page = opened(both.url)
    page.click(".funnel a:has-text('too_short')")
    assert "of 24" in page.inner_text(".pages strong")
    assert set(page.locator("td.why .reason").all_inner_texts()) == {"too_short"}
    enter(page, 0)
    assert re.sub(r"\s+", " ", page.inner_text("#fate")) == "Dropped by planted too_short"
    assert page.locator("#review").count() == 0


def test_a_pair_is_shown_side_by_side_with_what_differs_marked(both: Any, opened: Callable[..., Any]) -> None:
    page = opened(f"{both.url}/2/rows")
    enter(page, 4)
    left, right = (page.locator(f".side.of-{name}").bounding_box() for name in ("chosen", "rejected"))
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    page.keyboard.press("v")
    page.wait_for_url("**view=changes*")
    assert page.locator(".of-chosen ins").all_inner_texts() == ["5"]
    assert page.locator(".of-rejected del").all_inner_texts() == ["4"]
    page.keyboard.press("j")
    page.wait_for_url("**at=5*view=changes*")


def test_two_datasets_are_compared(both: Any, opened: Callable[..., Any]) -> None:
    page = opened(f"{both.url}/2/rows")
    page.click(".top nav >> text=Compare")
    page.wait_for_selector(".compared")
    named = page.locator(".compared thead").first.locator("th").all_inner_texts()[1:3]
    assert [Path(name).name for name in named] == ["plain", "pairs"]
    assert "192" in page.inner_text(".compared >> nth=0")
    assert "30" in page.inner_text(".compared >> nth=0")


def test_rows_are_decided_on_with_keys_and_nothing_is_loaded_anew(fresh: Any, opened: Callable[..., Any]) -> None:
    with fresh("plain") as served:
        page = opened(f"{served.url}/rows")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/row/rows/**")
        page.evaluate("window.stayed = true")
        page.keyboard.press("n")
        page.keyboard.type("looks good")
        page.keyboard.press("Enter")
        page.keyboard.press("a")
        page.wait_for_selector("#accept[aria-pressed=true]")
        assert page.evaluate("window.stayed")
        assert decisions(served.folders[0]) == [("accept", "looks good")]
        page.keyboard.press("r")
        page.wait_for_selector("#reject[aria-pressed=true]")
        assert decisions(served.folders[0])[-1] == ("reject", "looks good")
        page.keyboard.press("u")
        page.wait_for_selector("#accept[aria-pressed=true]")
        page.keyboard.press("u")
        page.wait_for_selector("#undo", state="detached")
        assert decisions(served.folders[0]) == []
        page.check("#advance")
        page.keyboard.press("Escape")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("a")
        page.wait_for_url("**at=2*")
        page.goto(f"{served.url}/review")
        assert "of 192 rows decided" in page.inner_text(".figures")
        assert "factory review export" in page.inner_text("pre")
        page.goto(f"{served.url}/rows")
        assert [text.split() for text in page.locator("td.state").all_inner_texts()[:3]] == [[], ["✓", "accepted"], []]


def test_a_key_that_is_held_down_decides_on_one_row_alone(fresh: Any, opened: Callable[..., Any]) -> None:
    with fresh("plain") as served:
        page = opened(f"{served.url}/rows")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_selector("#advance")
        page.check("#advance")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.down("a")
        page.wait_for_url("**at=1*")
        for _ in range(5):
            page.keyboard.down("a")
            page.wait_for_timeout(150)
        assert len(decisions(served.folders[0])) == 1
        page.keyboard.up("a")
        page.keyboard.press("a")
        page.wait_for_url("**at=2*")
        assert len(decisions(served.folders[0])) == 2


def test_a_row_is_edited_and_what_changed_is_shown(fresh: Any, opened: Callable[..., Any]) -> None:
    with fresh("plain") as served:
        page = opened(f"{served.url}/rows")
        enter(page, 0)
        page.keyboard.press("e")
        page.wait_for_selector("#turn-2:focus")
        assert page.input_value("#turn-2").startswith("Answer 1. Double it: $x^2 = 9$")
        page.fill("#turn-2", "Answer 1. Triple it: <b>$x^2$</b>")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector(".decided.edit")
        assert "Triple it: <b>" in page.inner_text(".turn.of-assistant")
        page.click(".views >> text=Differences")
        assert "Double" in " ".join(page.locator(".of-original del").all_inner_texts())
        assert "Triple" in " ".join(page.locator(".of-edited ins").all_inner_texts())
        page.keyboard.press("e")
        page.wait_for_selector("#turn-2")
        page.fill("#turn-2", " ")
        page.click("#save")
        expect(page.locator("#problem")).to_contain_text("says nothing")
        assert page.locator("#turn-2").count() == 1


def test_everything_works_without_scripts(fresh: Any, opened: Callable[..., Any]) -> None:
    with fresh("pairs") as served:
        page = opened(f"{served.url}/rows", java_script_enabled=False)
        page.fill("#search", "are 7 and")
        page.click(".search button")
        assert len(rows(page)) == 1
        page.click(".facets a")
        assert page.locator(".facet-list").count() == 1
        enter(page, 0)
        page.fill("#note", "no")
        page.click("#reject")
        assert page.get_attribute("#reject", "aria-pressed") == "true"
        assert "search=are+7" in page.url
        page.click("#edit-link")
        page.fill("#turn-2", "Eight.\nOf course.")
        page.click("#save")
        assert "Eight.\nOf course." in page.inner_text(".side.of-chosen")
        assert decisions(served.folders[0]) == [("reject", "no"), ("edit", "no")]


@pytest.mark.parametrize("language", ["en-US", "ja-JP"])
def test_no_page_scrolls_sideways_on_a_phone(
    language: str, both: Any, attacked: Any, opened: Callable[..., Any], addresses: Callable[[Any], list[str]]
) -> None:
    page = opened(f"{both.url}/", viewport=PHONE, locale=language, is_mobile=True)
    seen = {}
    mine = addresses(both if language == "ja-JP" else attacked)
    for url in [*mine, f"{both.url}/2/rows", f"{both.url}/compare/figures"]:
        page.goto(url)
        seen[url] = page.evaluate("document.documentElement.scrollWidth")
    assert {url: width for url, width in seen.items() if width > PHONE["width"]} == {}


def test_each_reader_has_their_language_and_can_change_it(both: Any, opened: Callable[..., Any]) -> None:
    page = opened(f"{both.url}/rows", locale="ja-JP")
    assert page.get_attribute("html", "lang") == "ja"
    assert "採用" in page.inner_text(".top nav")
    page.click("text=English")
    assert page.get_attribute("html", "lang") == "en"
    page.click("text=Overview")
    assert page.get_attribute("html", "lang") == "en"
    assert opened(f"{both.url}/", locale="fr-FR").get_attribute("html", "lang") == "en"


def test_the_keys_are_listed_and_the_focus_is_seen(both: Any, opened: Callable[..., Any]) -> None:
    page = opened(f"{both.url}/rows")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    for _ in range(14):
        page.keyboard.press("Tab")
        style = "getComputedStyle(document.activeElement, document.activeElement.matches('a.open') ? '::after' : null)"
        assert page.evaluate(f"{style}.outlineStyle") == "solid"
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    assert "Accept" in page.inner_text("dialog")
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog[open]", state="detached")


CONTRAST = """
() => {
  const parse = (text) => {
    const n = text.match(/-?[\\d.]+/g).map(Number);
    const scaled = text.startsWith("color(") ? n.slice(0, 3).map((v) => v * 255) : n.slice(0, 3);
    return [...scaled, n.length > 3 ? n[3] : 1];
  };
  const over = (top, under) => top.slice(0, 3).map((v, i) => v * top[3] + under[i] * (1 - top[3]));
  const light = (c) => c.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (el) => {
    const grounds = [];
    for (let at = el; at; at = at.parentElement) grounds.unshift(parse(getComputedStyle(at).backgroundColor));
    return grounds.reduce((under, top) => over(top, under), [255, 255, 255]);
  };
  const low = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const el = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !el.checkVisibility() || el.closest("option, .skip")) continue;
    const under = ground(el);
    let opacity = 1;
    for (let at = el; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
    const color = parse(getComputedStyle(el).color);
    const [a, b] = [light(over([...color.slice(0, 3), color[3] * opacity], under)), light(under)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const text = walk.currentNode.textContent.trim().slice(0, 30);
    if (ratio < 4.5) low.push(`${ratio.toFixed(2)} ${el.tagName}.${el.className}: ${text}`);
  }
  return [...new Set(low)];
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_on_its_ground(
    scheme: str, both: Any, opened: Callable[..., Any], addresses: Callable[[Any], list[str]], fresh: Any
) -> None:
    page = opened(f"{both.url}/2/rows", color_scheme=scheme)
    enter(page, 1)
    shown = re.compile("counted|view=source|edit=1|/row/rejects|/review|/nowhere")
    seen = [url for url in addresses(both) if shown.search(url)]
    urls = [page.url, f"{page.url}&view=changes", f"{both.url}/", f"{both.url}/compare/figures", *seen]
    low = {}
    for url in urls:
        page.goto(url)
        page.wait_for_load_state("networkidle")
        low[url] = page.evaluate(CONTRAST)
    assert {url: texts for url, texts in low.items() if texts} == {}
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground))) > 600) == (scheme == "light")


def test_nothing_in_a_dataset_runs_or_is_fetched(
    attacked: Any, opened: Callable[..., Any], addresses: Callable[[Any], list[str]], row_ids: Callable[..., list[str]]
) -> None:
    page = opened(f"{attacked.url}/")
    kept, dropped = (row_ids(attacked.folders[0], table) for table in ("data", "rejects"))  # every second payload each
    pages = [f"{attacked.url}/row/rows/{id}?at=0" for id in kept[:13]]
    pages += [f"{attacked.url}/row/rejects/{id}?at=0" for id in dropped[:12]]
    lists = [
        f"{attacked.url}/{table}?limit=100&counted=1&facet=meta.family&show=source" for table in ("rows", "rejects")
    ]
    for url in [*addresses(attacked), *pages, *[f"{url}&edit=1" for url in pages[:13:4]], *lists]:
        page.goto(url)
        tags = page.evaluate(
            "[...document.querySelectorAll('script, iframe, object, embed, base, style, svg script, meta[http-equiv], "
            "img, [onload], [onerror], [onfocus], [onmouseover], [srcdoc], [style], form[action^=http], "
            "[href^=javascript], "
            'main [hx-on\\\\:load], a[href^=http], a[href^="//"], link[href^=http], [data-hx-get]\')]'
            ".map((one) => one.outerHTML.slice(0, 120))"
        )
        assert [tag for tag in tags if not tag.startswith('<script src="/static/')] == [], url
        assert "49" not in page.title()
        assert "\u202e" not in page.inner_text("body"), url
    assert "{{ 7 * 7 }}" in page.title()


def test_a_run_under_way_is_followed(serve: Callable[..., Any], opened: Callable[..., Any], tmp_path: Path) -> None:
    recipe = tmp_path / "live.yaml"
    text = (ROOT / "recipes" / "math.yaml").read_text(encoding="utf-8")
    recipe.write_text(re.sub(r"^seed:.*$", "seed: 3\nshard_rows: 500", text, flags=re.MULTILINE), encoding="utf-8")
    out = tmp_path / "live"
    command = [
        sys.executable,
        "-m",
        "factory.cli",
        "generate",
        recipe,
        "-o",
        out,
        "-n",
        "200000",
        "--workers",
        "1",
        "-q",
    ]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not list(out.glob("data/*.parquet")):
            assert run.poll() is None
        with serve(out) as served:
            page = opened(f"{served.url}/rows?newest=1")
            first = page.inner_text("tr.row .place >> nth=0")
            made, count = page.inner_text("#live"), page.inner_text("#count-rows")
            assert "So far" in made
            expect(page.locator("#live")).not_to_have_text(made, use_inner_text=True)
            expect(page.locator("tr.row td.place").first).not_to_have_text(first)
            expect(page.locator("#count-rows")).not_to_have_text(count)
            page.goto(f"{served.url}/")
            made = page.inner_text("#overview .figures")
            expect(page.locator("#overview .figures")).not_to_have_text(made, use_inner_text=True)
            page.close()
    finally:
        run.kill()
        run.wait()
