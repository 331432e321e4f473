      *> Calls a function of the library itself, without the layer.
       IDENTIFICATION DIVISION.
       PROGRAM-ID. DIRECT.
       DATA DIVISION.
       WORKING-STORAGE SECTION.
       01  NUMBER-OF-VERSION       PIC S9(9) COMP-5.
       PROCEDURE DIVISION.
           CALL "personr_library_version_number"
               RETURNING NUMBER-OF-VERSION.
           IF NUMBER-OF-VERSION >= 100
               DISPLAY "found".
           STOP RUN.
