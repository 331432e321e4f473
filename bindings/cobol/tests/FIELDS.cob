      *> What fields of each kind are given, and what they are too
      *> short for. Needs no service.
       IDENTIFICATION DIVISION.
       PROGRAM-ID. FIELDS.
       DATA DIVISION.
       WORKING-STORAGE SECTION.
       COPY "PERSONR.cpy".
       COPY "PERSONR-RECORDS.cpy".
       01  ANSWER                  USAGE POINTER.
       01  OUTPUT-PATH             PIC X(256).
       01  WEBHOOK                 PIC X(400).
       01  WHAT                    PIC X(60).
       01  IS-RIGHT                PIC 9 VALUE 0.
       01  BINARY-FIELD                  PIC S9(18) COMP-5.
       01  DOUBLE-LONG             BINARY-DOUBLE.
       01  PACKED                  PIC S9(18) COMP-3.
       01  DISPLAYED               PIC S9(18).
       01  SHORT-BINARY            PIC S9(9) COMP-5.
       01  SHORT-DISPLAYED         PIC 9(4).
       01  PLAIN-BINARY         PIC 9(9) COMP-5.
       01  LONG-TEXT               PIC X(20).
       01  EXACT-TEXT              PIC X(5).
       01  SHORT-TEXT              PIC X(4).
       01  POINTER-TEXT            PIC X(40).
       PROCEDURE DIVISION.
       MAIN-PARAGRAPH.
           ACCEPT OUTPUT-PATH FROM ARGUMENT-VALUE.
           STRING '{"big":9007199254740993,"min":-9223372036854'
               '775808,"small":70000,"negative":-1,"text":"hello",'
               '"yes":true,"list":[1,2,3],"none":null,"half":1.5,'
               '"over":9223372036854775808,"file":"aGVsbG8=",'
               '"name with blanks":"' X"C58C" '"}'
               DELIMITED BY SIZE INTO WEBHOOK.
           CALL "PERSONR-PARSE" USING WEBHOOK ANSWER PERSONR-RESULT.
           IF PERSONR-SUCCEEDED MOVE 1 TO IS-RIGHT.
           MOVE "a text with blanks behind it is read" TO WHAT.
           PERFORM TELL.
           PERFORM WHOLE-NUMBERS.
           PERFORM SHORT-NUMBERS.
           PERFORM TEXTS.
           PERFORM OTHERS.
           CALL "PERSONR-FREE-ANSWER" USING ANSWER.
           IF ANSWER = NULL MOVE 1 TO IS-RIGHT.
           MOVE "a freed answer is a null pointer" TO WHAT.
           PERFORM TELL.
           CALL "PERSONR-FREE-ANSWER" USING ANSWER.
           CALL "PERSONR-GET-TEXT" USING
               ANSWER " " LONG-TEXT PERSONR-RESULT.
           IF PERSONR-RESULT-STATUS = PERSONR-NO-VALUE
               MOVE 1 TO IS-RIGHT.
           MOVE "a null pointer is an answer without values" TO WHAT.
           PERFORM TELL.
           CALL "PERSONR-GET-INTEGER" USING
               ANSWER "/big" BINARY-FIELD PERSONR-RESULT.
           IF RETURN-CODE = 0 AND NOT PERSONR-SUCCEEDED
               MOVE 1 TO IS-RIGHT.
           MOVE "a failure leaves RETURN-CODE alone" TO WHAT.
           PERFORM TELL.
           STOP RUN.

       WHOLE-NUMBERS.
           CALL "PERSONR-GET-INTEGER" USING
               ANSWER "/big" BINARY-FIELD PERSONR-RESULT.
           CALL "PERSONR-GET-INTEGER" USING
               ANSWER "/big" DOUBLE-LONG PERSONR-RESULT.
           CALL "PERSONR-GET-INTEGER" USING
               ANSWER "/big" PACKED PERSONR-RESULT.
           CALL "PERSONR-GET-INTEGER" USING
               ANSWER "/big" DISPLAYED PERSONR-RESULT.
           IF BINARY-FIELD = 9007199254740993
               AND DOUBLE-LONG = 9007199254740993
               AND PACKED = 9007199254740993
               AND DISPLAYED = 9007199254740993
               AND PERSONR-SUCCEEDED
               MOVE 1 TO IS-RIGHT.
           MOVE "more than 32 bits arrive whole, in any type" TO WHAT.
           PERFORM TELL.
           CALL "PERSONR-GET-INTEGER" USING
               ANSWER "/min" DOUBLE-LONG PERSONR-RESULT.
           IF PERSONR-SUCCEEDED AND DOUBLE-LONG < -9007199254740993
               ADD 9223372036854775807 TO DOUBLE-LONG
               IF DOUBLE-LONG = -1 MOVE 1 TO IS-RIGHT.
           MOVE "the smallest number of 64 bits arrives" TO WHAT.
           PERFORM TELL.

       SHORT-NUMBERS.
           MOVE 7 TO SHORT-BINARY.
           CALL "PERSONR-GET-INTEGER" USING
               ANSWER "/big" SHORT-BINARY PERSONR-RESULT.
           IF PERSONR-RESULT-STATUS = PERSONR-BUFFER-TOO-SMALL
               AND SHORT-BINARY = 0 MOVE 1 TO IS-RIGHT.
           MOVE "a number is not cut to 32 bits" TO WHAT.
           PERFORM TELL.
           CALL "PERSONR-GET-INTEGER" USING
               ANSWER "/small" SHORT-DISPLAYED PERSONR-RESULT.
           IF PERSONR-RESULT-STATUS = PERSONR-BUFFER-TOO-SMALL
               AND SHORT-DISPLAYED = 0 MOVE 1 TO IS-RIGHT.
           MOVE "a number is not cut to its last digits" TO WHAT.
           PERFORM TELL.
           CALL "PERSONR-GET-INTEGER" USING
               ANSWER "/negative" PLAIN-BINARY PERSONR-RESULT.
           IF PERSONR-RESULT-STATUS = PERSONR-BUFFER-TOO-SMALL
               AND PLAIN-BINARY = 0 MOVE 1 TO IS-RIGHT.
           MOVE "a field without a sign takes no negative" TO WHAT.
           PERFORM TELL.
           CALL "PERSONR-GET-INTEGER" USING
               ANSWER "/over" BINARY-FIELD PERSONR-RESULT.
           IF PERSONR-RESULT-STATUS = PERSONR-NO-VALUE
               AND PERSONR-RESULT-REASON = "json-range"
               AND BINARY-FIELD = 0 MOVE 1 TO IS-RIGHT.
           MOVE "what 64 bits cannot hold is no value" TO WHAT.
           PERFORM TELL.

       TEXTS.
           CALL "PERSONR-GET-TEXT" USING
               ANSWER "/text" LONG-TEXT PERSONR-RESULT.
           IF LONG-TEXT = "hello" AND PERSONR-RESULT-LENGTH = 5
               AND LONG-TEXT(6:15) = SPACES MOVE 1 TO IS-RIGHT.
           MOVE "a text is filled up with blanks" TO WHAT.
           PERFORM TELL.
           CALL "PERSONR-GET-TEXT" USING
               ANSWER "/text" EXACT-TEXT PERSONR-RESULT.
           IF EXACT-TEXT = "hello" AND PERSONR-SUCCEEDED
               MOVE 1 TO IS-RIGHT.
           MOVE "a field of exactly its length is enough" TO WHAT.
           PERFORM TELL.
           MOVE "xxxx" TO SHORT-TEXT.
           CALL "PERSONR-GET-TEXT" USING
               ANSWER "/text" SHORT-TEXT PERSONR-RESULT.
           IF PERSONR-RESULT-STATUS = PERSONR-BUFFER-TOO-SMALL
               AND SHORT-TEXT = SPACES AND PERSONR-RESULT-LENGTH = 5
               MOVE 1 TO IS-RIGHT.
           MOVE "a text is not cut" TO WHAT.
           PERFORM TELL.
           MOVE "/name with blanks" TO POINTER-TEXT.
           CALL "PERSONR-GET-TEXT" USING
               ANSWER POINTER-TEXT LONG-TEXT PERSONR-RESULT.
           IF LONG-TEXT = X"C58C" MOVE 1 TO IS-RIGHT.
           MOVE "blanks behind a pointer do not count" TO WHAT.
           PERFORM TELL.
           MOVE "x" TO LONG-TEXT.
           CALL "PERSONR-GET-TEXT" USING
               ANSWER "/missing" LONG-TEXT PERSONR-RESULT.
           IF PERSONR-RESULT-REASON = "json-missing"
               AND PERSONR-RESULT-NAME = "PERSONR_NO_VALUE"
               AND LONG-TEXT = SPACES MOVE 1 TO IS-RIGHT.
           MOVE "a missing value leaves no old text" TO WHAT.
           PERFORM TELL.

       OTHERS.
           CALL "PERSONR-GET-BOOLEAN" USING
               ANSWER "/yes" SHORT-BINARY PERSONR-RESULT.
           IF SHORT-BINARY = 1 MOVE 1 TO IS-RIGHT.
           MOVE "a boolean is 1" TO WHAT.
           PERFORM TELL.
           CALL "PERSONR-COUNT" USING
               ANSWER "/list" SHORT-DISPLAYED PERSONR-RESULT.
           IF SHORT-DISPLAYED = 3 MOVE 1 TO IS-RIGHT.
           MOVE "elements are counted" TO WHAT.
           PERFORM TELL.
           CALL "PERSONR-TYPE" USING
               ANSWER "/none" SHORT-DISPLAYED PERSONR-RESULT.
           IF SHORT-DISPLAYED = PERSONR-TYPE-NULL
               MOVE 1 TO IS-RIGHT.
           MOVE "the type of null is told" TO WHAT.
           PERFORM TELL.
           CALL "PERSONR-SAVE-BASE64" USING
               ANSWER "/file" OUTPUT-PATH PERSONR-RESULT.
           IF PERSONR-SUCCEEDED MOVE 1 TO IS-RIGHT.
           MOVE "Base64 is decoded into a file" TO WHAT.
           PERFORM TELL.

       TELL.
           IF IS-RIGHT = 1
               DISPLAY "ok " FUNCTION TRIM(WHAT)
           ELSE
               DISPLAY "FAILED " FUNCTION TRIM(WHAT) ": "
                   FUNCTION TRIM(PERSONR-RESULT-NAME) " "
                   FUNCTION TRIM(PERSONR-RESULT-REASON)
           END-IF.
           MOVE 0 TO IS-RIGHT.
