"""Friendly names for instances whose owners do not care."""

import secrets

__all__ = ["friendly_name"]

_ADJECTIVES = (
    "amber", "bold", "brave", "bright", "calm", "clear", "clever", "coherent", "cosmic", "crisp", "curious",
    "dancing", "deep", "eager", "early", "fast", "fine", "gentle", "golden", "happy", "hidden", "humble",
    "keen", "kind", "lively", "lucid", "lucky", "mellow", "merry", "misty", "nimble", "noble", "patient",
    "polar", "proud", "pure", "quick", "quiet", "rapid", "sharp", "silent", "silver", "smooth", "solar",
    "steady", "sunny", "swift", "tidy", "vivid", "warm", "wise", "witty",
)  # fmt: skip
_NOUNS = (
    "atom", "beam", "boson", "bragg", "cavity", "comet", "crystal", "detector", "diode", "electron", "facet",
    "fermion", "fibre", "flux", "fringe", "grating", "halo", "helix", "ion", "isotope", "kaon", "laser",
    "lattice", "lens", "lepton", "magnet", "mesh", "mirror", "monitor", "muon", "neutron", "nova", "orbit",
    "phase", "phonon", "photon", "pion", "plasma", "positron", "prism", "proton", "pulse", "quark", "quartz",
    "ray", "ring", "sample", "slit", "spectrum", "spin", "undulator", "wave",
)  # fmt: skip


def friendly_name() -> str:
    """Two words, as in `calm-neutron`. Names need not be unique, only easy to tell apart."""
    return f"{secrets.choice(_ADJECTIVES)}-{secrets.choice(_NOUNS)}"
