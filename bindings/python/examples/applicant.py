"""An applicant: creates one, uploads a document, starts the check, and waits for its result.

    PERSONR_EMAIL=… PERSONR_PASSWORD=… python applicant.py passport.jpg

PERSONR_BASE_URL and PERSONR_CA_FILE (PEM) are for another service than Personr's own, such as the sandbox.
"""

from __future__ import annotations

import os
import sys
import time

import personr


def create(auth: personr.Auth) -> str:
    """Each call makes a new applicant, so this is not for repeating when an error's may_have_run is true."""
    fields = {"email": "maia@example.com", "phone": "+64211234567", "flowName": "Individual"}
    return auth.send(personr.Request("api-applicant-create", fields)).json.string("/response/applicant_id")


def upload(auth: personr.Auth, applicant: str, path: str) -> None:
    """The file goes out as Base64 in JSON, piece by piece: it never stands in memory whole."""
    request = personr.Request("api-document-upload", {"applicantId": applicant}, format=personr.Format.JSON)
    request.add_text("docType", "PASSPORT")
    request.add_text("docCountryISO", "NZL")
    request.add_file("docFile", path)
    for error in auth.send(request).json.elements("/errors"):
        raise SystemExit(f"the document was not taken: {error.source()}")


def check(auth: personr.Auth, applicant: str) -> str:
    """Starts the check, and asks for its result until there is one."""
    auth.send(personr.Request("api-request-applicant-check", {"applicantId": applicant}))
    request = personr.Request("api-applicant-status", {"applicantId": applicant}, repeatable=True)
    for _ in range(300):
        status = auth.send(request).json.string("/result/Status")
        if status not in ("Created", "Pending"):
            return status
        time.sleep(0.2)
    return "Pending"


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    environment = os.environ
    try:
        with personr.Auth(
            environment["PERSONR_EMAIL"],
            environment["PERSONR_PASSWORD"],
            base_url=environment.get("PERSONR_BASE_URL"),
            ca_file=environment.get("PERSONR_CA_FILE"),
        ) as auth:
            applicant = create(auth)
            upload(auth, applicant, sys.argv[1])
            print(f"{applicant}: {check(auth, applicant)}")
    except personr.Error as error:
        print(f"{error} ({error.reason})", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
