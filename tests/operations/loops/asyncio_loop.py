"""Operations in a loop of Python's asyncio, by ctypes alone: what loops.h is to the other loops."""

import asyncio
import ctypes
import os
import select
import sys
import threading
import time

HANDLES, AT_ONCE, TO_CANCEL, READS, HELD = 4, 200, 10, b"api-applicant-status", b"api-applicant-details"
OK, CANCELLED, CALLBACK_OK, STORE_BUSY = 0, 14, 1, -1

personr = ctypes.CDLL(os.environ["PERSONR_LIBRARY"])
pointer = ctypes.c_void_p
personr.personr_options_new.restype = pointer
personr.personr_request_new.restype = pointer
personr.personr_error_message.restype = ctypes.c_char_p
personr.personr_error_message.argtypes = [pointer]
personr.personr_auth_token_start.argtypes = [pointer, ctypes.c_uint32, pointer, pointer]
for name in ["fd", "step", "cancel", "free"]:
    getattr(personr, "personr_operation_" + name).argtypes = [pointer]

Load = ctypes.CFUNCTYPE(
    ctypes.c_int32, pointer, ctypes.c_char_p, pointer, ctypes.c_size_t, ctypes.POINTER(ctypes.c_size_t)
)
Save = ctypes.CFUNCTYPE(ctypes.c_int32, pointer, ctypes.c_char_p, ctypes.c_char_p, pointer, ctypes.c_size_t)
Lock = ctypes.CFUNCTYPE(
    ctypes.c_int32, pointer, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint32, ctypes.c_uint32
)
Unlock = ctypes.CFUNCTYPE(ctypes.c_int32, pointer, ctypes.c_char_p, ctypes.c_char_p)


def call(function, *arguments):
    """What an output receives, or the error as the end of the program."""
    error = pointer()
    status = getattr(personr, function)(*arguments, ctypes.byref(error))
    if status != OK:
        sys.exit(f"{function}: {personr.personr_error_message(error).decode()}")


class Store:
    """One record, with a lock that is held from one callback to another. All run on the thread of the loop."""

    def __init__(self):
        self.callbacks, self.owner, self.record, self.thread = 0, None, b"", threading.get_ident()
        self.functions = [Load(self.load), Save(self.save), Lock(self.lock), Unlock(self.unlock)]

    def count(self):
        assert threading.get_ident() == self.thread
        self.callbacks += 1

    def load(self, _user_data, _key, buffer, capacity, length_out):
        self.count()
        assert len(self.record) <= capacity
        ctypes.memmove(buffer, self.record, len(self.record))
        length_out[0] = len(self.record)
        return CALLBACK_OK

    def save(self, _user_data, _key, owner, record, length):
        self.count()
        assert self.owner == owner
        self.record = ctypes.string_at(record, length)
        return CALLBACK_OK

    def lock(self, _user_data, _key, owner, wait_ms, _lease_ms):
        self.count()
        assert wait_ms == 0
        if self.owner not in (None, owner):
            return STORE_BUSY
        self.owner = owner
        return CALLBACK_OK

    def unlock(self, _user_data, _key, owner):
        self.count()
        assert self.owner == owner
        self.owner = None
        return CALLBACK_OK


class Operation:
    """An operation in the loop."""

    def __init__(self, start, *arguments):
        operation = pointer()
        call(start, *arguments, ctypes.byref(operation))
        self.handle, self.wakes, self.done = operation, 0, asyncio.get_running_loop().create_future()
        self.fd = personr.personr_operation_fd(operation)
        assert self.fd >= 3

    @classmethod
    def token(cls, auth):
        return cls("personr_auth_token_start", auth, 0)

    @classmethod
    def request(cls, auth, endpoint=READS):
        request = pointer(personr.personr_request_new(endpoint))
        call("personr_request_add_text", request, b"applicantId", b"1")
        operation = cls("personr_request_start", auth, request)
        personr.personr_request_free(request)
        return operation

    def watch(self):
        asyncio.get_running_loop().add_reader(self.fd, self.ready)
        return self.done

    def ready(self):
        self.wakes += 1
        if personr.personr_operation_step(self.handle):
            asyncio.get_running_loop().remove_reader(self.fd)
            self.done.set_result(time.monotonic())

    def is_ready(self):
        return bool(select.select([self.fd], [], [], 0)[0])

    def free(self):
        personr.personr_operation_free(self.handle)


async def many_at_once(auths, store):
    starts = [Operation.token, Operation.request]
    operations = [starts[at % 2](auths[at // 2 % HANDLES]) for at in range(AT_ONCE)]
    print("started", flush=True)
    await asyncio.gather(*(operation.watch() for operation in operations))
    for at, operation in enumerate(operations):
        result = pointer()
        call(["personr_operation_token", "personr_operation_response"][at % 2], operation.handle, ctypes.byref(result))
        [personr.personr_token_free, personr.personr_response_free][at % 2](result)
        operation.free()
    wakes = [operation.wakes for operation in operations]
    print(f"wakes: {sum(wakes)}\nmost: {max(wakes)}\ncallbacks: {store.callbacks}", flush=True)


async def some_cancelled(auth):
    operations = [Operation.request(auth, HELD) for _ in range(TO_CANCEL)]
    print("to be cancelled", flush=True)
    assert sys.stdin.readline() == "\n"
    begun = []
    for operation in operations:
        assert not personr.personr_operation_step(operation.handle) and not operation.is_ready()
        begun.append(time.monotonic())
        personr.personr_operation_cancel(operation.handle)
        assert operation.is_ready()
    ended = await asyncio.gather(*(operation.watch() for operation in operations))
    for operation in operations:
        response, error = pointer(), pointer()
        outputs = ctypes.byref(response), ctypes.byref(error)
        assert personr.personr_operation_response(operation.handle, *outputs) == CANCELLED
        assert operation.wakes == 1 and not response.value and personr.personr_error_may_have_run(error) == 1
        personr.personr_error_free(error)
        operation.free()
    longest = max(end - begin for begin, end in zip(begun, ended))
    print(f"cancelled in: {longest * 1e6:.0f}", flush=True)


def counts():
    return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))


def main():
    before, store = counts(), Store()
    options = pointer(personr.personr_options_new())
    call("personr_options_set_base_url", options, os.environb[b"PERSONR_BASE_URL"])
    if sys.argv[1] == "callbacks":
        call("personr_options_set_token_store_callbacks", options, *store.functions, None, None)
    auths = []
    for _ in range(HANDLES):
        auth = pointer()
        account = os.environb[b"PERSONR_EMAIL"], os.environb[b"PERSONR_PASSWORD"]
        call("personr_auth_new", *account, options, ctypes.byref(auth))
        auths.append(auth)
    asyncio.run(many_at_once(auths, store))
    asyncio.run(some_cancelled(auths[0]))
    for auth in auths:
        personr.personr_auth_free(auth)
    personr.personr_options_free(options)
    # The threads of the library end by themselves, and nobody can wait for them. A minute is more than any machine takes.
    end = time.monotonic() + 60
    while counts()[1] > before[1] and time.monotonic() < end:
        time.sleep(0.001)
    assert counts() == before, (counts(), before)
    print("all checked", flush=True)


main()
