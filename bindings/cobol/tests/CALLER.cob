      *> A program that calls SCENARIO as a module of its own.
       IDENTIFICATION DIVISION.
       PROGRAM-ID. CALLER.
       PROCEDURE DIVISION.
           CALL "SCENARIO".
           STOP RUN.
