"""Waits for an operation in asyncio. Apart, since most programs that do not use asyncio should not import it."""

from __future__ import annotations

import asyncio

from ._operation import Operation


async def done(operation: Operation) -> None:
    """Returns once the operation is done. The loop goes on meanwhile, and no thread waits."""
    # What was done at once has no descriptor.
    if operation.step():
        return
    descriptor = operation.fileno()
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()

    def ready() -> None:
        # The descriptor stays ready until the task goes on.
        if not ended.done() and operation.step():
            ended.set_result(None)

    loop.add_reader(descriptor, ready)
    try:
        await ended
    finally:
        # Before the operation closes its descriptor.
        loop.remove_reader(descriptor)
