      *> One scenario of test.sh, named by the argument. The account
      *> stands in the environment, as for APPLICANT.
       IDENTIFICATION DIVISION.
       PROGRAM-ID. SCENARIO.
       DATA DIVISION.
       WORKING-STORAGE SECTION.
       COPY "PERSONR.cpy".
       COPY "PERSONR-RECORDS.cpy".
       01  SCENARIO-NAME           PIC X(20).
       01  AUTH                    USAGE POINTER.
       01  REQUEST-HANDLE          USAGE POINTER.
       01  ANSWER                  USAGE POINTER.
       01  TOKEN                   PIC X(100).
       01  OTHER-TOKEN             PIC X(100).
       01  SHORT-FIELD             PIC X(10).
       01  SERVICE-TEXT            PIC X(100).
       01  EXPIRES-AT              PIC S9(18) COMP-5.
       01  EXPIRES-SHORT           PIC S9(9) COMP-5.
       01  RETRY-SECONDS           PIC Z(17)9.
       01  COUNTER                   PIC 9(9) COMP-5.
       01  COUNTER-MAX               PIC 9(9) COMP-5 VALUE 300000.
       PROCEDURE DIVISION.
       MAIN-PARAGRAPH.
           ACCEPT SCENARIO-NAME FROM ARGUMENT-VALUE.
           PERFORM OPEN-ACCOUNT.
           EVALUATE SCENARIO-NAME
               WHEN "token"      PERFORM PRINT-TOKEN
               WHEN "twice"      PERFORM PRINT-TOKEN 2 TIMES
               WHEN "login"      PERFORM LOG-IN-ANEW
               WHEN "short"      PERFORM TAKE-SHORT-FIELD
               WHEN "reject"     PERFORM REJECT-TOKEN
               WHEN "expires"    PERFORM PRINT-EXPIRY
               WHEN "request"    PERFORM SEND-REQUEST
               WHEN "field"      PERFORM SEND-BAD-FIELD
               WHEN "mistake"    CALL "PERSONR-TOKEN" USING AUTH
               WHEN "handle"     CALL "PERSONR-TOKEN" USING
                   SHORT-FIELD TOKEN PERSONR-RESULT
               WHEN "cost"       PERFORM HAND-OUT
                   VARYING COUNTER FROM 1 BY 1
                   UNTIL COUNTER > COUNTER-MAX
           END-EVALUATE.
           CALL "PERSONR-CLOSE" USING AUTH.
           STOP RUN.

       OPEN-ACCOUNT.
           INITIALIZE PERSONR-SETTINGS.
           ACCEPT PERSONR-EMAIL FROM ENVIRONMENT "PERSONR_EMAIL".
           ACCEPT PERSONR-PASSWORD
               FROM ENVIRONMENT "PERSONR_PASSWORD".
           ACCEPT PERSONR-BASE-URL
               FROM ENVIRONMENT "PERSONR_BASE_URL".
           ACCEPT PERSONR-CA-FILE
               FROM ENVIRONMENT "PERSONR_CA_FILE".
           ACCEPT PERSONR-TOKEN-STORE
               FROM ENVIRONMENT "PERSONR_STORE".
           MOVE "none" TO PERSONR-PROXY.
           MOVE PERSONR-LOGIN-FORM TO PERSONR-LOGIN-METHOD.
           IF SCENARIO-NAME = "timeout"
               MOVE 300 TO PERSONR-TIMEOUT-MS
               MOVE "token" TO SCENARIO-NAME.
           CALL "PERSONR-OPEN" USING
               PERSONR-SETTINGS AUTH PERSONR-RESULT.
           MOVE SPACES TO PERSONR-PASSWORD.
           IF NOT PERSONR-SUCCEEDED
               PERFORM TELL
               STOP RUN.

       PRINT-TOKEN.
           MOVE "of another call" TO TOKEN.
           CALL "PERSONR-TOKEN" USING AUTH TOKEN PERSONR-RESULT.
           IF PERSONR-SUCCEEDED
               DISPLAY FUNCTION TRIM(TOKEN)
           ELSE
               PERFORM TELL
               IF TOKEN NOT = SPACES
                   DISPLAY "it is not blank".

       LOG-IN-ANEW.
           CALL "PERSONR-LOGIN" USING AUTH TOKEN PERSONR-RESULT.
           DISPLAY FUNCTION TRIM(TOKEN).
           PERFORM TELL.

       TAKE-SHORT-FIELD.
           CALL "PERSONR-TOKEN" USING
               AUTH SHORT-FIELD PERSONR-RESULT.
           IF SHORT-FIELD = SPACES AND PERSONR-RESULT-LENGTH > 10
               PERFORM TELL.

       REJECT-TOKEN.
           CALL "PERSONR-TOKEN" USING AUTH TOKEN PERSONR-RESULT.
           CALL "PERSONR-REJECT" USING AUTH TOKEN PERSONR-RESULT.
           PERFORM TELL.
           CALL "PERSONR-AUTHORIZATION" USING
               AUTH OTHER-TOKEN PERSONR-RESULT.
           IF OTHER-TOKEN(1:7) = "Bearer "
               AND OTHER-TOKEN(8:93) NOT = TOKEN
               DISPLAY "another".
           CALL "PERSONR-REJECT" USING AUTH " " PERSONR-RESULT.
           PERFORM TELL.

       PRINT-EXPIRY.
           CALL "PERSONR-EXPIRES" USING
               AUTH EXPIRES-AT PERSONR-RESULT.
           IF EXPIRES-AT > 4294967296
               DISPLAY "more than 32 bits".
           CALL "PERSONR-EXPIRES" USING
               AUTH EXPIRES-SHORT PERSONR-RESULT.
           PERFORM TELL.

       SEND-REQUEST.
           CALL "PERSONR-REQUEST" USING
               REQUEST-HANDLE "api-aml-results".
           CALL "PERSONR-REQUEST-TIMEOUT" USING
               REQUEST-HANDLE 20000.
           CALL "PERSONR-ADD-JSON" USING
               REQUEST-HANDLE "list" '["a","b"]'.
           CALL "PERSONR-SEND" USING
               AUTH REQUEST-HANDLE ANSWER PERSONR-RESULT.
           PERFORM TELL.
           CALL "PERSONR-GET-TEXT" USING
               ANSWER "/message" SERVICE-TEXT PERSONR-RESULT.
           IF PERSONR-SUCCEEDED
               DISPLAY FUNCTION TRIM(SERVICE-TEXT).
           CALL "PERSONR-FREE-ANSWER" USING ANSWER.
           CALL "PERSONR-FREE-REQUEST" USING REQUEST-HANDLE.

       SEND-BAD-FIELD.
           CALL "PERSONR-REQUEST" USING
               REQUEST-HANDLE "api-aml-results".
           CALL "PERSONR-ADD-JSON" USING
               REQUEST-HANDLE "list" "[1,]".
           CALL "PERSONR-SEND" USING
               AUTH REQUEST-HANDLE ANSWER PERSONR-RESULT.
           PERFORM TELL.
           CALL "PERSONR-FREE-ANSWER" USING ANSWER.
           CALL "PERSONR-FREE-REQUEST" USING REQUEST-HANDLE.

       HAND-OUT.
           CALL "PERSONR-AUTHORIZATION" USING
               AUTH TOKEN PERSONR-RESULT.
           IF NOT PERSONR-SUCCEEDED
               PERFORM TELL
               STOP RUN.

       TELL.
           DISPLAY FUNCTION TRIM(PERSONR-RESULT-NAME) " "
               FUNCTION TRIM(PERSONR-RESULT-REASON) " "
               PERSONR-RESULT-HTTP-STATUS " "
               PERSONR-RESULT-MAY-HAVE-RUN.
           IF PERSONR-RESULT-RETRY-MS >= 0
               COMPUTE RETRY-SECONDS =
                   (PERSONR-RESULT-RETRY-MS + 999) / 1000
               DISPLAY "retry after " FUNCTION TRIM(RETRY-SECONDS).
