"""The works that sources and behaviours name by author and year, in full.

Titles are left out where only an abstract or a re-analysed model file was read; `unverified` ones were not
opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

REFERENCES: dict[str, str] = {
    "Arlier 2018": "Arlier et al. 2018 (abstract): estradiol and IkBa phosphorylation after TNF or IL-1",
    "Ayati 2010": "Ayati, Edwards, Webb, Wikswo 2010, Biology Direct 5:28; BIOMD0000000401 to 403",
    "Blood 2016 128:3262": "ASH abstract 2016, Blood 128:3262: adipocyte-conditioned medium and IL-6",
    "Blood 2016 128:5663": "ASH abstract 2016, Blood 128:5663: ruxolitinib in RPMI-8226 and U266",
    "Brocke-Heidrich 2004": "Brocke-Heidrich et al. 2004, Blood 103:242 (abstract)",
    "Burger 2009": "Burger et al. 2009 (abstract): INCB20 and stromal protection",
    "Catlett-Falcone 1999": "Catlett-Falcone et al. 1999, Immunity 10:105 (unverified)",
    "Dankbaar 2000": "Dankbaar et al. 2000, Blood 95:2630 (abstract)",
    "Dwivedi 2014": "Dwivedi et al. 2014, CPT Pharmacometrics Syst Pharmacol 3:e89; BIOMD0000000534 to 537",
    "Fiedler 2016": "Fiedler et al. 2016, BMC Systems Biology; PEtab benchmark Fiedler_BMCSystBiol2016",
    "Galien & Garcia 1997": "Galien, Garcia 1997, Nucleic Acids Res 25:2424 (abstract)",
    "Ghisletti 2005": "Ghisletti et al. 2005, Mol Cell Biol (unverified)",
    "Gilmartin 2011": "Gilmartin et al. 2011 (abstract): trametinib is allosteric",
    "Hideshima 2001": "Hideshima et al. 2001, Oncogene 20:5991 (abstract)",
    "Hideshima 2003": "Hideshima et al. 2003, Blood 101:703 (abstract)",
    "Hideshima 2006": "Hideshima et al. 2006, Clin Cancer Res 12:5887 (abstract)",
    "Hideshima 2009": "Hideshima et al. 2009, Blood 113:5228 (constitutive NF-kB) and Blood 114:1046 "
    "(bortezomib) (abstracts)",
    "Hoffmann 2002": "Hoffmann, Levchenko, Scott, Baltimore 2002, Science 298:1241; BIOMD0000000140",
    "Iliopoulos 2010": "Iliopoulos et al. 2010, Mol Cell 39:493 (abstract)",
    "Kotschy 2016": "Kotschy et al. 2016, Nature 538:477 (unverified beyond its potencies)",
    "Kurebayashi 1997": "Kurebayashi et al. 1997 (abstract): estradiol and the IL-6 promoter",
    "Lee 2008": "Lee et al. 2008, PLoS Comput Biol; BIOMD0000000818",
    "Lee 2013": "Lee et al. 2013, doi 10.1155/2013/580135 (abstract)",
    "Lichtenstein 1995": "Lichtenstein et al. 1995, Cell Immunol 162:248 (abstract)",
    "Lipniacki 2004": "Lipniacki, Paszek, Brasier, Luxon, Kimmel 2004, J Theor Biol 228:195; BIOMD0000000786",
    "Ma 2003": "Ma et al. 2003, Clin Cancer Res 9:1136 (abstract)",
    "Mak 2015": "Mak et al. 2015 (abstract): oestrogen receptor beta and IKK-beta",
    "Maximov 2017": "Maximov et al. 2017: competition of 4-hydroxytamoxifen and estradiol",
    "Nazari 2018": "Nazari, Pearson, Nor, Jackson 2018, PLoS Comput Biol; BIOMD0000000819",
    "Nishimoto 2008": "Nishimoto et al. 2008, Blood (abstract)",
    "Ray 1997": "Ray et al. 1997, FEBS Lett 409:79 (abstract)",
    "Reeh 2019": "Reeh et al. 2019, Cell Commun Signal 17:46, doi 10.1186/s12964-019-0356-0 (abstract)",
    "Sobotta 2017": "Sobotta, Raue, Huang, Vanlier et al. 2017, Front Physiol 8:775, doi "
    "10.3389/fphys.2017.00775; MODEL2307050001",
    "Stice 2008": "Stice et al. 2008, Mol Med 14:517 (abstract)",
    "Sun 1998": "Sun et al. 1998, Biochem Biophys Res Commun 244:691 (abstract)",
    "Treon 1998": "Treon et al. 1998, Blood 92:1749 (abstract)",
    "Turner 2010": "Turner et al. 2010, J Cell Sci 123:2834 (abstract)",
    "Voorhees 2007": "Voorhees et al. 2007, Clin Cancer Res 13:6469 (abstract)",
    "Wang 2001": "Wang et al. 2001, J Biol Chem (unverified)",
    "Wang 2004": "Wang et al. 2004, Cell Cycle 4:244 (abstract)",
    "Xing 2012": "Xing et al. 2012, PLoS ONE 7:e36890 (abstract)",
    "Yamamoto 2000": "Yamamoto et al. 2000, FEBS Lett 486:143 (abstract)",
    "Zhang 2002": "Zhang et al. 2002, Blood 99:1885 (abstract)",
}

FIGURE = (
    "Harmer, Falank, Reagan 2018, Front Endocrinol 9:788, doi 10.3389/fendo.2018.00788, Figure 2: the "
    "diagram this model writes out"
)

_NAMED = re.compile(r"(?:[A-Z][\w'-]+ & )?[A-Z][\w'-]+ (?:19|20)\d\d(?: \d+:\d+)?")


def named_in(text: str) -> set[str]:
    """The works that a sentence names by author and year."""
    return set(_NAMED.findall(text))


def cited(texts: Iterable[str]) -> dict[str, str]:
    """The full form of every work named in the texts; raises KeyError for one that is not listed."""
    names = sorted(set().union(*(named_in(t) for t in texts)))
    return {n: REFERENCES[n] for n in names}
