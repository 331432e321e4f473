// Logs in, creates an applicant, and prints its id. Java 22 or later.
//
//     $ java --enable-native-access=ALL-UNNAMED Applicant.java
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Map;

public class Applicant {
    static final SymbolLookup LIBRARY = SymbolLookup.libraryLookup("libpersonr.so.0", Arena.global());

    /** Calls a function of the library. Those that are needed here have pointers for parameters, and nothing else. */
    static Object call(MemoryLayout result, String name, MemorySegment... arguments) {
        MemoryLayout[] pointers = new MemoryLayout[arguments.length];
        Arrays.fill(pointers, ValueLayout.ADDRESS);
        FunctionDescriptor type =
                result == null ? FunctionDescriptor.ofVoid(pointers) : FunctionDescriptor.of(result, pointers);
        try {
            MemorySegment function = LIBRARY.find("personr_" + name).orElseThrow();
            return Linker.nativeLinker().downcallHandle(function, type).invokeWithArguments((Object[]) arguments);
        } catch (Throwable impossible) {
            throw new AssertionError(name, impossible);
        }
    }

    static MemorySegment pointer(String name, MemorySegment... arguments) {
        return (MemorySegment) call(ValueLayout.ADDRESS, name, arguments);
    }

    static String string(String name, MemorySegment... arguments) {
        return pointer(name, arguments).reinterpret(Long.MAX_VALUE).getString(0);
    }

    /** Calls a function that can fail. The last argument is the place for its error. */
    static void check(String name, MemorySegment... arguments) {
        if ((int) call(ValueLayout.JAVA_INT, name, arguments) == 0) return;
        MemorySegment error = arguments[arguments.length - 1].get(ValueLayout.ADDRESS, 0);
        String text = string("error_reason", error) + ": " + string("error_message", error);
        call(null, "error_free", error);
        throw new IllegalStateException(text);
    }

    public static void main(String[] unused) {
        int result = 0;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment auth = arena.allocate(ValueLayout.ADDRESS), token = arena.allocate(ValueLayout.ADDRESS);
            MemorySegment response = arena.allocate(ValueLayout.ADDRESS), error = arena.allocate(ValueLayout.ADDRESS);
            MemorySegment options = pointer("options_new");
            MemorySegment request = pointer("request_new", arena.allocateFrom("api-applicant-create"));
            try {
                var settings = Map.of("BASE_URL", "base_url", "CA_FILE", "ca_file", "STORE", "token_store");
                settings.forEach((variable, name) -> {
                    String value = System.getenv("PERSONR_" + variable);
                    if (value != null) check("options_set_" + name, options, arena.allocateFrom(value), error);
                });
                MemorySegment email = arena.allocateFrom(System.getenv("PERSONR_EMAIL"));
                MemorySegment password = arena.allocateFrom(System.getenv("PERSONR_PASSWORD"));
                check("auth_new", email, password, options, auth, error);
                check("auth_token", auth.get(ValueLayout.ADDRESS, 0), token, error);
                System.out.println("user id: " + string("token_user_id", token.get(ValueLayout.ADDRESS, 0)));

                // What is wrong with a field is what the send returns.
                var fields = Map.of("email", "maia@example.com", "phone", "+64211234567", "flowName", "Individual");
                fields.forEach((name, value) -> call(ValueLayout.JAVA_INT, "request_add_text", request,
                        arena.allocateFrom(name), arena.allocateFrom(value), MemorySegment.NULL));
                check("request_send", auth.get(ValueLayout.ADDRESS, 0), request, response, error);
                MemorySegment json = pointer("response_json", response.get(ValueLayout.ADDRESS, 0));
                String applicant = string("json_string", json, arena.allocateFrom("/response/applicant_id"));
                System.out.println("applicant: " + applicant);
            } catch (IllegalStateException failure) {
                System.err.println(failure.getMessage());
                result = 1;
            } finally {
                call(null, "response_free", response.get(ValueLayout.ADDRESS, 0));
                call(null, "request_free", request);
                call(null, "token_free", token.get(ValueLayout.ADDRESS, 0));
                call(null, "auth_free", auth.get(ValueLayout.ADDRESS, 0));
                call(null, "options_free", options);
            }
        }
        System.exit(result);
    }
}
