"""What the experimenter sets in the dish: inputs that several pathways read, and the switches of the
pre-culture.
"""

from models.declare import Input

frozen = Input("frozen", 0.0, "0/1", "1 = density, dead cells and bone mass are kept (pre-culture)")
clamped = Input("clamped", 0.0, "0/1", "1 = IL-6 and VEGF in the medium are kept (medium changed often)")
TNF = Input("TNF", 0.0, "ng/mL", "tumour necrosis factor; 10 is the usual stimulus", uniprot="P01375")
BMA = Input("BMA", 0.0, "1e6/mL", "bone-marrow adipocytes; 0.05 to 0.2 in coculture")
BMSC = Input("BMSC", 0.0, "1e6/mL", "bone-marrow stromal cells; 0.05 to 0.2 in coculture")
contact = Input(
    "contact", 0.0, "0/1", "1 = myeloma cells touch the stroma, 0 = transwell or conditioned medium"
)
E2 = Input(
    "E2",
    0.0,
    "nM",
    "17-beta-estradiol; 0.01 after menopause, 0.1 to 1 in the cycle, 10 usual in vitro",
    chebi="CHEBI:16469",
)
GF = Input("GF", 1.0, "-", "serum and growth factors; 1 = 10 % serum, 0.1 = starved")
