"""Divides supporters and buddies over families: as many families as possible, then by importance, then by cost."""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

# Nodes of the network, so that ids of families and people never meet.
_SOURCE = ("source", UUID(int=0))
_SINK = ("sink", UUID(int=0))
_Node = tuple[str, UUID]


@dataclass(frozen=True, kw_only=True)
class Seeker:
    """A family with the people who may work with it and how well each fits (higher is better, never negative)."""

    id: UUID
    supporters: Mapping[UUID, int]
    buddies: Mapping[UUID, int]


@dataclass
class _Arc:
    to: _Node
    room: int
    cost: int
    back: "_Arc | None" = field(default=None, repr=False)


def assign(
    seekers: Sequence[Seeker], places: Mapping[UUID, int], *, best_fit: int, in_order: bool = True
) -> dict[UUID, tuple[UUID, UUID]]:
    """For each family that can be served, its supporter and buddy; `places` says how many families a person can take.

    A flow of least cost from supporters through families to buddies. No other division serves more families; among
    those that serve as many, earlier families in `seekers` come first (when `in_order`), then the sum of fits decides.
    Powers of two make these three one number: an earlier family outweighs all later ones together, and any family
    outweighs all fits together. The same input gives the same output.
    """
    fits_together = 2 * best_fit * len(seekers) + 1
    highest = fits_together << len(seekers)
    network: dict[_Node, list[_Arc]] = {_SOURCE: [], _SINK: []}

    def connect(origin: _Node, to: _Node, room: int, cost: int) -> None:
        there, back = _Arc(to, room, cost), _Arc(origin, 0, -cost)
        there.back, back.back = back, there
        network.setdefault(origin, []).append(there)
        network.setdefault(to, []).append(back)

    for person in sorted({person for seeker in seekers for person in seeker.supporters}):
        connect(_SOURCE, ("supporter", person), places[person], 0)
    for person in sorted({person for seeker in seekers for person in seeker.buddies}):
        connect(("buddy", person), _SINK, places[person], 0)
    for rank, seeker in enumerate(seekers):
        importance = fits_together << (len(seekers) - 1 - rank) if in_order else fits_together
        connect(("asks", seeker.id), ("gets", seeker.id), 1, highest - importance)
        for person, fit in sorted(seeker.supporters.items()):
            connect(("supporter", person), ("asks", seeker.id), 1, best_fit - fit)
        for person, fit in sorted(seeker.buddies.items()):
            connect(("gets", seeker.id), ("buddy", person), 1, best_fit - fit)

    potential = dict.fromkeys(network, 0)
    while (path := _cheapest_path(network, potential)) is not None:
        for arc in path:
            arc.room -= 1
            if arc.back is not None:
                arc.back.room += 1
    return _pairs(seekers, network)


def _cheapest_path(network: Mapping[_Node, list[_Arc]], potential: dict[_Node, int]) -> list[_Arc] | None:
    """The cheapest way to serve one family more (Dijkstra with potentials); None when no more can be served."""
    distance: dict[_Node, int] = {_SOURCE: 0}
    came_by: dict[_Node, tuple[_Node, _Arc]] = {}
    settled: set[_Node] = set()
    queue: list[tuple[int, _Node]] = [(0, _SOURCE)]
    while queue:
        so_far, node = heapq.heappop(queue)
        if node in settled:
            continue
        settled.add(node)
        for arc in network[node]:
            if arc.room and arc.to not in settled:
                reached = so_far + arc.cost + potential[node] - potential[arc.to]
                if arc.to not in distance or reached < distance[arc.to]:
                    distance[arc.to] = reached
                    came_by[arc.to] = (node, arc)
                    heapq.heappush(queue, (reached, arc.to))
    if _SINK not in distance:
        return None
    # Nodes that were not reached stay behind the farthest one, so that no reduced cost becomes negative.
    farthest = max(distance.values())
    for node in potential:
        potential[node] += distance.get(node, farthest)
    path = []
    node = _SINK
    while node != _SOURCE:
        node, arc = came_by[node]
        path.append(arc)
    return path


def _pairs(seekers: Sequence[Seeker], network: Mapping[_Node, list[_Arc]]) -> dict[UUID, tuple[UUID, UUID]]:
    pairs = {}
    for seeker in seekers:
        # An arc back to a supporter that has room, and an arc to a buddy that has none left, carry the flow.
        supporter = [arc.to[1] for arc in network[("asks", seeker.id)] if arc.to[0] == "supporter" and arc.room]
        buddy = [arc.to[1] for arc in network[("gets", seeker.id)] if arc.to[0] == "buddy" and not arc.room]
        if supporter and buddy:
            pairs[seeker.id] = (supporter[0], buddy[0])
    return pairs
