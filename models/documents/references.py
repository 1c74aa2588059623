"""The works that sources and behaviours name by author and year, in full.

Titles are left out where only an abstract or a re-analysed model file was read; `unverified` ones were not
opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

REFERENCES: dict[str, str] = {
    "Argueta 2018": "Argueta et al. 2018, Oncotarget 9:25529 (abstract)",
    "Arlier 2018": "Arlier et al. 2018 (abstract): estradiol and IkBa phosphorylation after TNF or IL-1",
    "Ayati 2010": "Ayati, Edwards, Webb, Wikswo 2010, Biology Direct 5:28; BIOMD0000000401 to 403",
    "Bianchi 2009": "Bianchi et al. 2009, Blood 113:3040 (abstract): proteasome load against capacity",
    "Bjorklund 2015": "Bjorklund et al. 2015, Blood Cancer J, 10.1038/bcj.2015.66 (abstract)",
    "Blood 2016 128:1138": "ASH abstract 2016, Blood 128:1138: trametinib in 32 myeloma lines by RAS",
    "Blood 2016 128:3262": "ASH abstract 2016, Blood 128:3262: adipocyte-conditioned medium and IL-6",
    "Blood 2016 128:5663": "ASH abstract 2016, Blood 128:5663: ruxolitinib in RPMI-8226 and U266",
    "Blood 2016 128:959": "Blood 2016, 128:959 (abstract): CD38 and the response to daratumumab",
    "Blood-Adv 2023 7:2926": "Blood Advances 2023, 7:2926 (abstract): selinexor, eIF4E, IKZF1 and c-Myc",
    "Brocke-Heidrich 2004": "Brocke-Heidrich et al. 2004, Blood 103:242 (abstract)",
    "Burger 2009": "Burger et al. 2009 (abstract): INCB20 and stromal protection",
    "Catlett-Falcone 1999": "Catlett-Falcone et al. 1999, Immunity 10:105 (unverified)",
    "Certo 2006": "Certo et al. 2006, Cancer Cell (its numbers by way of a source behind EARM)",
    "Chen 2005": "Chen et al. 2005, Mol Cell (unverified)",
    "Dankbaar 2000": "Dankbaar et al. 2000, Blood 95:2630 (abstract)",
    "Demchenko 2010": "Demchenko et al. 2010, Blood 115:3541 (abstract)",
    "Dwivedi 2014": "Dwivedi et al. 2014, CPT Pharmacometrics Syst Pharmacol 3:e89; BIOMD0000000534 to 537",
    "Fiedler 2016": "Fiedler et al. 2016, BMC Systems Biology; PEtab benchmark Fiedler_BMCSystBiol2016",
    "Fowler 2011": "Fowler et al. 2011, Blood 118:5872 (abstract)",
    "Galien & Garcia 1997": "Galien, Garcia 1997, Nucleic Acids Res 25:2424 (abstract)",
    "Ghisletti 2005": "Ghisletti et al. 2005, Mol Cell Biol (unverified)",
    "Gilmartin 2011": "Gilmartin et al. 2011 (abstract): trametinib is allosteric",
    "Gomez-Bougie 2018": "Gomez-Bougie et al. 2018, Blood 132:2656 (abstract): BH3 mimetics on 60 patients",
    "Gomi 1990": "Gomi et al. 1990 (abstract): glucocorticoid receptors of OPM-1, OPM-2 and RPMI-8226",
    "Grugan 2008": "Grugan, Ma, Singhal, Krett, Rosen 2008, J Steroid Biochem Mol Biol 110:244 (abstract)",
    "Hatzivassiliou 2013": "Hatzivassiliou et al. 2013, Nature (unverified)",
    "Hideshima 2001": "Hideshima et al. 2001, Oncogene 20:5991 (abstract)",
    "Hideshima 2003": "Hideshima et al. 2003, Blood 101:703 (abstract)",
    "Hideshima 2006": "Hideshima et al. 2006, Clin Cancer Res 12:5887 (abstract)",
    "Hideshima 2009": "Hideshima et al. 2009, Blood 113:5228 (constitutive NF-kB) and Blood 114:1046 "
    "(bortezomib) (abstracts)",
    "Hoang 2009": "Hoang et al. 2009, Mol Cancer Ther 8:1974 (abstract)",
    "Hoffmann 2002": "Hoffmann, Levchenko, Scott, Baltimore 2002, Science 298:1241; BIOMD0000000140",
    "Iliopoulos 2010": "Iliopoulos et al. 2010, Mol Cell 39:493 (abstract)",
    "Kervoelen 2015": "Kervoelen et al. 2015, Oncotarget (abstract)",
    "Kotschy 2016": "Kotschy et al. 2016, Nature 538:477 (unverified beyond its potencies)",
    "Kuhn 2007": "Kuhn et al. 2007, Blood 110:3281 (abstract)",
    "Kurebayashi 1997": "Kurebayashi et al. 1997 (abstract): estradiol and the IL-6 promoter",
    "Lee 2008": "Lee et al. 2008, PLoS Comput Biol; BIOMD0000000818",
    "Lee 2013": "Lee et al. 2013, doi 10.1155/2013/580135 (abstract)",
    "Lichtenstein 1995": "Lichtenstein et al. 1995, Cell Immunol 162:248 (abstract)",
    "Lipniacki 2004": "Lipniacki, Paszek, Brasier, Luxon, Kimmel 2004, J Theor Biol 228:195; BIOMD0000000786",
    "Liu 2015": "Liu et al. 2015, Oncotarget 6:34329 (abstract)",
    "Ma 2003": "Ma et al. 2003, Clin Cancer Res 9:1136 (abstract)",
    "Mak 2015": "Mak et al. 2015 (abstract): oestrogen receptor beta and IKK-beta",
    "Maximov 2017": "Maximov et al. 2017: competition of 4-hydroxytamoxifen and estradiol",
    "Moreaux 2004": "Moreaux et al. 2004, Blood 103:3148 (abstract)",
    "Nazari 2018": "Nazari, Pearson, Nor, Jackson 2018, PLoS Comput Biol; BIOMD0000000819",
    "Nishimoto 2008": "Nishimoto et al. 2008, Blood (abstract)",
    "Pang 2017": "Pang et al. 2017, Haematologica 102:1273 (abstract)",
    "Perez-Galan 2006": "Perez-Galan et al. 2006, Blood 107:257 (abstract)",
    "Podar 2008": "Podar et al. 2008, Oncogene 27:721 (abstract)",
    "Ge 2000": "Ge, Rudikoff 2000, Blood 96:2856 (abstract): IGF-1 in myeloma lines",
    "Ray 1997": "Ray et al. 1997, FEBS Lett 409:79 (abstract)",
    "Reeh 2019": "Reeh et al. 2019, Cell Commun Signal 17:46, doi 10.1186/s12964-019-0356-0 (abstract)",
    "Shaffer 2008": "Shaffer et al. 2008, Nature (unverified)",
    "Sobotta 2017": "Sobotta, Raue, Huang, Vanlier et al. 2017, Front Physiol 8:775, doi "
    "10.3389/fphys.2017.00775; MODEL2307050001",
    "Stice 2008": "Stice et al. 2008, Mol Med 14:517 (abstract)",
    "Sun 1998": "Sun et al. 1998, Biochem Biophys Res Commun 244:691 (abstract)",
    "Treon 1998": "Treon et al. 1998, Blood 92:1749 (abstract)",
    "Turner 2010": "Turner et al. 2010, J Cell Sci 123:2834 (abstract)",
    "Voorhees 2007": "Voorhees et al. 2007, Clin Cancer Res 13:6469 (abstract)",
    "Wang 2001": "Wang et al. 2001, J Biol Chem (unverified)",
    "Wang 2004": "Wang et al. 2004, Cell Cycle 4:244 (abstract)",
    "Weers 2011": "de Weers et al. 2011, J Immunol 186:1840 (abstract)",
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
