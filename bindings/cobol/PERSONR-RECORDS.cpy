      *> What the calls of personr-cobol.c are given and give back.
      *> INITIALIZE PERSONR-SETTINGS first: a field that is left blank
      *> or zero stands for the default.
       01  PERSONR-SETTINGS.
           05  PERSONR-EMAIL               PIC X(256).
      *>       A password does not end in a blank here.
           05  PERSONR-PASSWORD            PIC X(1024).
           05  PERSONR-BASE-URL            PIC X(1024).
           05  PERSONR-CA-FILE             PIC X(1024).
      *>       "memory:" if blank; "file:/var/lib/app/tokens" is shared
      *>       by all programs of a user.
           05  PERSONR-TOKEN-STORE         PIC X(1024).
      *>       The environment's if blank; "none" for none.
           05  PERSONR-PROXY               PIC X(1024).
           05  PERSONR-LOGIN-METHOD        PIC S9(9) COMP-5.
           05  PERSONR-TIMEOUT-MS          PIC S9(9) COMP-5.
      *> How the last call ended.
       01  PERSONR-RESULT.
           05  PERSONR-RESULT-STATUS       PIC S9(9) COMP-5.
               88  PERSONR-SUCCEEDED       VALUE 0.
           05  PERSONR-RESULT-HTTP-STATUS  PIC S9(9) COMP-5.
      *>       -1 if it is not known.
           05  PERSONR-RESULT-RETRY-MS     PIC S9(18) COMP-5.
      *>       Of the text that was asked for, in bytes; if the field
      *>       was too short, how long it must be.
           05  PERSONR-RESULT-LENGTH       PIC S9(18) COMP-5.
           05  PERSONR-RESULT-MAY-HAVE-RUN PIC S9(9) COMP-5.
               88  PERSONR-MAY-HAVE-RUN    VALUE 1.
           05  PERSONR-RESULT-NAME         PIC X(40).
           05  PERSONR-RESULT-REASON       PIC X(100).
           05  PERSONR-RESULT-MESSAGE      PIC X(1000).
