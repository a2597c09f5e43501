"""The API's list of models, for /models to show and for /model to choose from."""

from __future__ import annotations

from grokchat.api.catalog import Catalog, unique_models
from grokchat.chat.active_session import ActiveSession
from grokchat.chat.model_catalog import ModelCatalog
from grokchat.chat.printer import Printer
from grokchat.chat.queue import Queue
from grokchat.commands.settings import set_model
from grokchat.errors import ApiError, CommandError
from grokchat.terminal.interface import Screen
from grokchat.views.choices import ModelRows
from grokchat.views.listings import model_table

_BY_NAME = "/model ID selects one by its id."


class ModelChoice:
    """Loads the list and shows it."""

    def __init__(
        self, active: ActiveSession, queue: Queue, screen: Screen, printer: Printer, catalog: ModelCatalog
    ) -> None:
        self._active = active
        self._queue = queue
        self._screen = screen
        self._printer = printer
        self._catalog = catalog

    async def show(self) -> None:
        """Print the models as a table; raises GrokchatError."""
        self._print_table(await self._load("/models"))

    async def choose(self) -> None:
        """Let the user choose the model of this session; raises GrokchatError.

        A terminal without lists gets the table.
        """
        try:
            catalog = await self._load("/model")
        except ApiError as error:
            error.add_advice(_BY_NAME)
            raise
        self._printer.print_notice(await self._choose_from(catalog), has_gap=True)

    async def _choose_from(self, catalog: Catalog) -> str:
        """Return the notice on the choice."""
        session, models = self._active.session, unique_models(catalog)
        current = session.settings.model
        if not models:
            return f"The API lists no models. {_BY_NAME}"
        if len(models) == 1:
            return f"The API offers one model, {models[0].id}. {_BY_NAME}"
        try:
            chosen: str | None = await self._screen.choose(ModelRows(catalog, current))
        except CommandError:
            self._print_table(catalog)
            return _BY_NAME
        if chosen is None:
            return f"model: {current} (unchanged)"
        self._queue.mark_applied()
        return set_model(session, chosen).text

    async def _load(self, command: str) -> Catalog:
        """Return the catalog; raises GrokchatError, with the advice to try the command again."""
        session = self._active.session
        try:
            catalog = await self._catalog.load(session.settings)
        except ApiError as error:
            error.retry_command = command
            raise
        self._catalog.apply_to(session)
        return catalog

    def _print_table(self, catalog: Catalog) -> None:
        session = self._active.session
        self._printer.print_outcome(model_table(catalog, session.settings.model), session)
