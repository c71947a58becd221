"""Keeps a process running: one that ends by itself is started again, after a wait that grows."""

from collections.abc import Callable
from threading import Event, Lock, Thread
from time import monotonic

from deploy.local.process import Child, StartError

BACKOFF_FIRST_SECONDS = 0.2
BACKOFF_MAX_SECONDS = 10.0
# A process that ran this long was healthy; its next start need not wait for its history.
STEADY_SECONDS = 30.0
JOIN_SECONDS = 60.0


class Keeper:
    """Watches one child. `start` starts it; `on_change` is told of every start and end."""

    def __init__(self, child: Child, start: Callable[[], None], *, on_change: Callable[[], None]) -> None:
        self.child = child
        self.restarts = 0
        self.problem = ""
        self._start = start
        self._on_change = on_change
        self._started_at = 0.0
        self._backoff = 0.0
        self._stopping = Event()
        self._lock = Lock()
        self._thread: Thread | None = None

    @property
    def name(self) -> str:
        """The child's name."""
        return self.child.name

    def start(self) -> None:
        """Starts the child and watches it. StartError when the first start fails."""
        self._stopping.clear()
        with self._lock:
            self._started_at = monotonic()
            self._start()
        self._thread = Thread(target=self._keep, name=f"keep {self.name}", daemon=True)
        self._thread.start()
        self._on_change()

    def stop(self) -> None:
        """Ends the watch and the child."""
        self._stopping.set()
        with self._lock:
            self.child.stop()
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)
            self._thread = None
        self._on_change()

    def kill(self) -> None:
        """Ends the child at once; the watch starts it again."""
        self.child.kill()

    def _keep(self) -> None:
        while True:
            exit_code = self.child.wait()
            if self._stopping.is_set():
                return
            steady = monotonic() - self._started_at > STEADY_SECONDS
            self._backoff = 0.0 if steady else self._backoff
            self._backoff = min(max(self._backoff * 2, BACKOFF_FIRST_SECONDS), BACKOFF_MAX_SECONDS)
            self.restarts += 1
            self.problem = f"ended with code {exit_code}: {self.child.last_lines()}"
            self._on_change()
            if self._stopping.wait(self._backoff):
                return
            self._start_again()

    def _start_again(self) -> None:
        with self._lock:
            if self._stopping.is_set():
                return
            self._started_at = monotonic()
            try:
                self._start()
            except (StartError, OSError) as error:
                self.problem = str(error)
        self._on_change()
