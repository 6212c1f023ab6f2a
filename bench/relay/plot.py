"""Results as a picture."""

from pathlib import Path

from beamdesk.bench.relay.targets import Results, findings

__all__ = ["draw"]


def draw(results: Results, path: Path) -> None:
    """Write a PNG (or what the suffix says) with costs per relay and figures over their limits."""
    # Imported here: a second of start-up and a package for development only.
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, (costs, judged) = plt.subplots(1, 2, figsize=(13, 4.5), layout="constrained")
    chunks = sorted({it.chunk for it in results.throughput}, reverse=True)
    relays = list(dict.fromkeys(it.relay for it in results.throughput))
    width = 0.8 / max(1, len(relays))
    for index, relay in enumerate(relays):
        heights = [
            next(it.cpu_seconds_per_gb for it in results.throughput if (it.relay, it.chunk) == (relay, chunk))
            for chunk in chunks
        ]
        bars = costs.bar([at + index * width for at in range(len(chunks))], heights, width, label=relay)
        costs.bar_label(bars, fmt="%.2f")
    costs.set_xticks(
        [at + width * (len(relays) - 1) / 2 for at in range(len(chunks))],
        [f"writes of {chunk // 1024} KiB" for chunk in chunks],
    )
    costs.set_ylabel("CPU seconds of the relay per GB")
    costs.set_title("Moving one desktop's bytes")
    costs.legend()

    shown = list(findings(results))[::-1]
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
