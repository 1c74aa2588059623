"""The name that somebody probably meant."""

from models.nearest_name import nearest, unknown


def test_only_a_name_that_is_really_near_is_offered():
    assert nearest("MM1S", ["mm1s", "u266"]) == "mm1s"
    assert nearest("dexamethason", ["dexamethasone"]) == "dexamethasone"
    assert nearest("xyz", ["mm1s", "u266", "hepatocyte"]) is None
    assert nearest("H9", ["H0", "H1"]) is None


def test_few_names_are_listed_and_many_are_pointed_to():
    assert unknown("--x", "zzz", ["one", "two"]) == "--x zzz: is not one of one, two"
    many = [f"n{i}" for i in range(50)]
    assert unknown("--x", "zzz", many, see="the list") == "--x zzz: is not known: the list lists what is"
    assert unknown("--x", "zzz", many).endswith("n29, ...")


def test_of_names_that_differ_in_case_alone_the_one_written_so_is_offered():
    assert nearest("k_SRx", ["K_sR", "k_SR"]) == "k_SR"
    assert nearest("K_sRx", ["K_sR", "k_SR"]) == "K_sR"
