"""Results as a picture."""

from pathlib import Path

from beamdesk.bench.relay.findings import Results

__all__ = ["draw"]


def draw(results: Results, path: Path) -> None:
    """Write a PNG (or what the suffix says) with costs per relay and figures over their limits."""
    # Imported here: a second of start-up and a package for development only.
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, (costs, judged) = plt.subplots(1, 2, figsize=(15, 5), layout="constrained")
    cost = {(it.relay, it.setting): it.cpu_seconds_per_gb for it in results.costs()}
    relays = list(dict.fromkeys(relay for relay, _ in cost))
    settings = list(dict.fromkeys(setting for _, setting in cost))
    width = 0.8 / max(1, len(relays))
    for index, relay in enumerate(relays):
        there = [at for at, setting in enumerate(settings) if (relay, setting) in cost]
        heights = [cost[relay, settings[at]] for at in there]
        bars = costs.bar([at + index * width for at in there], heights, width, label=relay)
        costs.bar_label(bars, fmt="%.2f")
    costs.set_xticks([at + width * (len(relays) - 1) / 2 for at in range(len(settings))], settings)
    costs.set_yscale("log")
    costs.set_ylabel("CPU seconds of the relay per GB")
    costs.set_title("Moving desktops' bytes")
    costs.legend()

    shown = list(results.findings())[::-1]
    judged.barh(
        [it.what for it in shown],
        [max(0.0, it.figure / it.limit) for it in shown],
        color=["tab:green" if it.reached else "tab:red" for it in shown],
    )
    judged.axvline(1, color="black", linestyle="--")
    judged.set_xlabel("measured / limit")
    judged.set_title("Targets of the gateway")
    figure.savefig(path, dpi=110)
    plt.close(figure)
