"""What a hand-out costs beside C's. It is printed, and no test: a busy machine would fail it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import timeit
import unittest

from support import Case

C = r"""
#include <personr.h>
#include <stdio.h>
#include <time.h>
int main(int argc, char **argv)
{
    char buffer[PERSONR_AUTHORIZATION_MAX];
    personr_options *options = personr_options_new();
    personr_auth *auth;
    struct timespec begin, end;
    int i;
    personr_options_set_base_url(options, argv[1], NULL);
    if (argc != 4 || personr_auth_new(argv[2], argv[3], options, &auth, NULL) != PERSONR_OK)
        return 1;
    if (personr_auth_authorization(auth, buffer, sizeof buffer, NULL, NULL) != PERSONR_OK)
        return 1;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (i = 0; i < 300000; i++)
        personr_auth_authorization(auth, buffer, sizeof buffer, NULL, NULL);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%g", (end.tv_sec - begin.tv_sec) * 1e9 + (end.tv_nsec - begin.tv_nsec));
    return 0;
}
"""


class Cost(Case):
    sandbox_options = ("--plain-http",)

    @unittest.skipUnless(shutil.which("cc"), "there is no C compiler")
    def test_of_a_hand_out(self) -> None:
        sandbox = self.sandbox
        with tempfile.TemporaryDirectory() as folder:
            source, program = f"{folder}/cost.c", f"{folder}/cost"
            with open(source, "w", encoding="ascii") as file:
                file.write(C)
            prefix = os.environ["PERSONR_PREFIX"]
            flags = ["-O2", "-I", f"{prefix}/include", "-L", f"{prefix}/lib", "-lpersonr"]
            subprocess.run(["cc", source, "-o", program, *flags], check=True)
            arguments = [program, sandbox.base_url, sandbox.email, sandbox.password]
            of_c = float(subprocess.check_output(arguments, timeout=30)) / 300_000
        with sandbox.auth(ca_file=None) as auth:
            auth.token()
            of_python = min(timeit.repeat(auth.authorization, number=20_000, repeat=3)) / 20_000 * 1e9
        print(
            f"a hand-out: {of_c:.0f} ns in C, {of_python:.0f} ns in Python, {of_python / of_c:.0f} times that: ", end=""
        )
