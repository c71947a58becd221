"""Steps that together must happen or not: each beside its undo."""

from collections.abc import Awaitable, Callable


class Saga:
    """What has been done, and how to undo it."""

    def __init__(self) -> None:
        self._undos: list[Callable[[], Awaitable[object]]] = []

    async def step[R](self, do: Callable[[], Awaitable[R]], *, undo: Callable[[], Awaitable[object]]) -> R:
        """Do a step. Its undo counts from before it: a step that failed may still have had its effect."""
        self._undos.append(undo)
        return await do()

    async def undo(self) -> None:
        """Undo the steps, the last one first; each undo is harmless where nothing was done."""
        while self._undos:
            await self._undos.pop()()
