      *> Logs in, creates an applicant, uploads a document, and tells
      *> how the check stands.
      *>
      *>     cobc -x APPLICANT.cob personr-cobol*.c
      *>         $(pkg-config --cflags --libs personr)
      *>     PERSONR_EMAIL=... PERSONR_PASSWORD=... ./APPLICANT SCAN
      *>
      *> PERSONR_BASE_URL and PERSONR_CA_FILE are for another service
      *> than Personr's own, such as the sandbox.
       IDENTIFICATION DIVISION.
       PROGRAM-ID. APPLICANT.
       DATA DIVISION.
       WORKING-STORAGE SECTION.
       COPY "PERSONR.cpy".
       COPY "PERSONR-RECORDS.cpy".
       01  AUTH                    USAGE POINTER.
       01  REQUEST-HANDLE          USAGE POINTER.
       01  ANSWER                  USAGE POINTER.
       01  SCAN-PATH               PIC X(256).
       01  USER-ID                 PIC X(64).
       01  APPLICANT-ID            PIC X(64).
       01  CHECK-STATUS            PIC X(20).
       PROCEDURE DIVISION.
       MAIN-PARAGRAPH.
           ACCEPT SCAN-PATH FROM ARGUMENT-VALUE.
           INITIALIZE PERSONR-SETTINGS.
           ACCEPT PERSONR-EMAIL FROM ENVIRONMENT "PERSONR_EMAIL".
           ACCEPT PERSONR-PASSWORD
               FROM ENVIRONMENT "PERSONR_PASSWORD".
           ACCEPT PERSONR-BASE-URL
               FROM ENVIRONMENT "PERSONR_BASE_URL".
           ACCEPT PERSONR-CA-FILE
               FROM ENVIRONMENT "PERSONR_CA_FILE".
           CALL "PERSONR-OPEN" USING
               PERSONR-SETTINGS AUTH PERSONR-RESULT.
           MOVE SPACES TO PERSONR-PASSWORD.
           PERFORM STOP-IF-FAILED.

      *>   Not needed: the first request logs in. This one verifies
      *>   the password, and ends whatever token there was.
           CALL "PERSONR-LOGIN" USING AUTH USER-ID PERSONR-RESULT.
           PERFORM STOP-IF-FAILED.
           DISPLAY "user " FUNCTION TRIM(USER-ID).

           PERFORM CREATE-APPLICANT.
           PERFORM UPLOAD-DOCUMENT.
           PERFORM ASK-FOR-STATUS.
           CALL "PERSONR-CLOSE" USING AUTH.
           STOP RUN.

       CREATE-APPLICANT.
           CALL "PERSONR-REQUEST" USING
               REQUEST-HANDLE "api-applicant-create".
           CALL "PERSONR-ADD-TEXT" USING
               REQUEST-HANDLE "email" "maia@example.com".
           CALL "PERSONR-ADD-TEXT" USING
               REQUEST-HANDLE "phone" "+64211234567".
           CALL "PERSONR-ADD-TEXT" USING
               REQUEST-HANDLE "flowName" "Individual".
           PERFORM SEND-REQUEST.
           CALL "PERSONR-GET-TEXT" USING
               ANSWER "/response/applicant_id"
               APPLICANT-ID PERSONR-RESULT.
           PERFORM STOP-IF-FAILED.
           CALL "PERSONR-FREE-ANSWER" USING ANSWER.
           DISPLAY "applicant " FUNCTION TRIM(APPLICANT-ID).

       UPLOAD-DOCUMENT.
           CALL "PERSONR-REQUEST" USING
               REQUEST-HANDLE "api-document-upload".
           CALL "PERSONR-FORMAT" USING
               REQUEST-HANDLE PERSONR-FORMAT-JSON.
           CALL "PERSONR-ADD-TEXT" USING
               REQUEST-HANDLE "applicantId" APPLICANT-ID.
           CALL "PERSONR-ADD-TEXT" USING
               REQUEST-HANDLE "docType" "PASSPORT".
           CALL "PERSONR-ADD-TEXT" USING
               REQUEST-HANDLE "docCountryISO" "NZL".
           CALL "PERSONR-ADD-FILE" USING
               REQUEST-HANDLE "docFile" SCAN-PATH
               PERSONR-ENCODING-OBJECT.
           PERFORM SEND-REQUEST.
           CALL "PERSONR-FREE-ANSWER" USING ANSWER.
           DISPLAY "uploaded " FUNCTION TRIM(SCAN-PATH).

       ASK-FOR-STATUS.
           CALL "PERSONR-REQUEST" USING
               REQUEST-HANDLE "api-applicant-status".
           CALL "PERSONR-ADD-TEXT" USING
               REQUEST-HANDLE "applicantId" APPLICANT-ID.
           CALL "PERSONR-REPEATABLE" USING REQUEST-HANDLE.
           PERFORM SEND-REQUEST.
           CALL "PERSONR-GET-TEXT" USING
               ANSWER "/result/Status" CHECK-STATUS PERSONR-RESULT.
           PERFORM STOP-IF-FAILED.
           CALL "PERSONR-FREE-ANSWER" USING ANSWER.
           DISPLAY "status " FUNCTION TRIM(CHECK-STATUS).

      *> What was wrong with a field is told here, too.
       SEND-REQUEST.
           CALL "PERSONR-SEND" USING
               AUTH REQUEST-HANDLE ANSWER PERSONR-RESULT.
           CALL "PERSONR-FREE-REQUEST" USING REQUEST-HANDLE.
           PERFORM STOP-IF-FAILED.

       STOP-IF-FAILED.
           IF NOT PERSONR-SUCCEEDED
               DISPLAY FUNCTION TRIM(PERSONR-RESULT-NAME) " ("
                   FUNCTION TRIM(PERSONR-RESULT-REASON) "): "
                   FUNCTION TRIM(PERSONR-RESULT-MESSAGE)
                   UPON SYSERR
               MOVE 1 TO RETURN-CODE
               STOP RUN
           END-IF.
