"""The small social networks that networkx carries (no download)."""

from __future__ import annotations

import numpy as np

from course_lib.datasets.dataset import Graph


def karate() -> Graph:
    """34 members of a karate club that split in two; the class is the side each one took."""
    from networkx import karate_club_graph

    network = karate_club_graph()
    sides = ("Mr. Hi", "Officer")
    targets = np.array([sides.index(network.nodes[node]["club"]) for node in network])
    return _graph(
        "karate",
        network,
        "Friendships in a karate club; weights count the places where two members met.",
        targets=targets.astype(np.int64),
        class_names=sides,
    )


def les_miserables() -> Graph:
    """77 characters of Hugo's novel; weights count the chapters in which two of them meet."""
    from networkx import les_miserables_graph

    return _graph(
        "les_miserables", les_miserables_graph(), "Who meets whom in Les Miserables, how often."
    )


def florentine() -> Graph:
    """15 families of Florence around 1430, joined by marriages."""
    from networkx import florentine_families_graph

    return _graph("florentine", florentine_families_graph(), "Marriages of Florentine families.")


def _graph(name: str, network, description: str, **more) -> Graph:
    nodes = list(network)
    number = {node: i for i, node in enumerate(nodes)}
    edges = [(number[a], number[b]) for a, b in network.edges]
    weights = [float(w) for _, _, w in network.edges(data="weight", default=1.0)]
    return Graph(
        name,
        np.array(edges, dtype=np.int64).T,
        np.array(weights),
        tuple(map(str, nodes)),
        description=description,
        **more,
    )
