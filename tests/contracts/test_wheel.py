"""What is shipped, and that the packages tested are those of this checkout."""

import pathlib
import sys
import zipfile


def test_the_wheel_holds_models_and_inference_with_its_studies_and_nothing_else(house, tmp_path):
    built = house.run(
        sys.executable,
        "-c",
        "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])",
        str(tmp_path),
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {n.split("/")[0] for n in names if ".dist-info/" not in n} == {"models", "inference"}
    assert {
        f"inference/studies/il6_feedback_estradiol/{f}"
        for f in ("problem.yaml", "network.xml", "measurements.tsv")
    } <= set(names)


def test_both_packages_are_those_of_this_checkout(house):
    import inference
    import models

    for package in (models, inference):
        assert package.__file__ is not None
        assert pathlib.Path(package.__file__).resolve().parent.parent == house.root
