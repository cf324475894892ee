"""Cards of two sides become one."""

from factory.publishing.card_merge import merged

HEAD = "---\nlicense: mit\ntags:\n- a\n- b\nsize_categories:\n- n<1K\n---\n"
BASE = HEAD + "\n# Rows\n\n| kept | 10 |\n\n## Licence\n\nmit\n"


def test_one_side_that_changed_stands():
    ours = BASE.replace("10", "20").replace("n<1K", "1K<n<10K")
    assert merged(BASE, BASE, ours).text == ours
    assert merged(BASE, ours, BASE).text == ours
    assert merged(BASE, "", ours).text == ours


def test_both_sides_that_changed_in_different_places_stand():
    ours = BASE.replace("| 10 |", "| 20 |").replace("- b", "- b\n- c")
    theirs = BASE.replace("## Licence", "By hand.\n\n## Licence").replace("- a\n", "").replace("- b", "- mine\n- b")
    found = merged(BASE, theirs, ours)
    for line in ("| kept | 20 |", "By hand.", "- b\n", "- c\n", "- mine\n"):
        assert line in found.text
    assert "- a\n" not in found.text
    assert "| 10 |" not in found.text
    assert found.remarks == ()


def test_where_both_changed_the_same_place_ours_stands_and_theirs_follows():
    ours, theirs = BASE.replace("| 10 |", "| 20 |"), BASE.replace("| 10 |", "| ten |")
    found = merged(BASE, theirs, ours)
    assert "| kept | 20 |\n| kept | ten |\n" in found.text
    assert "in 1 same places" in found.remarks[0]


def test_what_people_wrote_where_the_numbers_changed_keeps_its_empty_lines_and_fences():
    words = "First words.\n\nSecond words:\n\n```\nmy code\n```\n"
    base = HEAD + "\n| kept | 10 |\n\n| made | 11 |\n\n```bash\nrun\n```\n"
    ours = HEAD + "\n| kept | 20 |\n\n| en | 1 |\n\n| made | 21 |\n\n```bash\nrun\n```\n"
    once = merged(base, base.replace("| kept | 10 |\n", f"| kept | 10 |\n\n{words}\n"), ours).text
    assert words in once
    assert "| 10 |" not in once
    later = ours.replace("20", "30").replace("21", "31")
    again = merged(ours, once, later).text
    assert words in again
    assert again.count("\n") == once.count("\n")


def test_a_configuration_changed_on_both_sides_is_told_once_with_the_numbers_of_the_data():
    base = "---\ndataset_info:\n- config_name: default\n  dataset_size: 10\n---\nx\n"
    theirs, ours = base.replace("10\n", "10\n  note: mine\n"), base.replace("10", "20")
    found = merged(base, theirs, ours).text
    assert found.count("config_name: default") == 1
    assert "dataset_size: 20" in found


def test_front_matter_that_ends_the_card_is_read():
    found = merged("", "---\nlicense: mit\npretty_name: Mine\n---", BASE)
    assert found.text.startswith("---\nlicense: mit\n")
    assert "pretty_name: Mine\n" in found.text
    assert found.text.endswith("\n# Rows\n\n| kept | 10 |\n\n## Licence\n\nmit\n")
    assert not any("no YAML" in line for line in found.remarks)


def test_a_licence_by_hand_stands_and_is_told():
    found = merged(BASE, BASE.replace("license: mit", "license: cc0-1.0"), BASE.replace("| 10 |", "| 20 |"))
    assert "license: cc0-1.0" in found.text
    assert "the card on the Hub says license: 'cc0-1.0', by hand; the data comes to 'mit'" in found.remarks


def test_front_matter_that_is_no_yaml_is_replaced_and_told():
    bomb = "a: &a [x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)},*{chr(97 + n)}]\n" for n in range(24)
    )
    for head in ("tags: [", bomb, "- a list\n", "!!python/object/apply:os.system [id]\n"):
        theirs = f"---\n{head}\n---\n" + BASE.split("---\n")[2] + "\nBy hand.\n"
        found = merged(BASE, theirs, BASE.replace("| 10 |", "| 20 |"))
        assert "license: mit" in found.text
        assert "By hand." in found.text
        assert any("is no YAML" in line for line in found.remarks)


def test_merging_again_changes_nothing():
    ours, theirs = BASE.replace("| 10 |", "| 20 |"), BASE + "\nBy hand.\n"
    once = merged(BASE, theirs, ours).text
    assert merged(ours, once, ours).text == once
