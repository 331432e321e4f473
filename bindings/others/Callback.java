// A credentials callback that fails. An exception that leaves a callback ends the process, so it catches all, and
// returns 0, which is a failure: no login is made.
//
//     $ java --enable-native-access=ALL-UNNAMED Callback.java
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.Collections;

public class Callback {
    static final SymbolLookup LIBRARY = SymbolLookup.libraryLookup("libpersonr.so.0", Arena.global());

    static MethodHandle function(String name, FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(LIBRARY.find(name).orElseThrow(), type);
    }

    static FunctionDescriptor status(int pointers) {
        var parameters = Collections.nCopies(pointers, ValueLayout.ADDRESS).toArray(MemoryLayout[]::new);
        return FunctionDescriptor.of(ValueLayout.JAVA_INT, parameters);
    }

    static int ask(MemorySegment userData, MemorySegment email, MemorySegment password, long capacity) {
        try {
            password.reinterpret(capacity).setString(0, System.getenv("PERSONR_PASSWORD"));
            throw new IllegalStateException("on purpose");
        } catch (Throwable failure) {
            return 0;
        }
    }

    public static void main(String[] unused) throws Throwable {
        var type = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS,
                ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);
        var ask = MethodHandles.lookup().findStatic(Callback.class, "ask", type.toMethodType());
        var free = FunctionDescriptor.ofVoid(ValueLayout.ADDRESS);
        // The arena keeps the callback: it is closed after the handle was freed.
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment nothing = MemorySegment.NULL, callback = Linker.nativeLinker().upcallStub(ask, type, arena);
            MemorySegment auth = arena.allocate(ValueLayout.ADDRESS), token = arena.allocate(ValueLayout.ADDRESS);
            MemorySegment email = arena.allocateFrom(System.getenv("PERSONR_EMAIL"));
            MemorySegment url = arena.allocateFrom(System.getenv("PERSONR_BASE_URL"));
            var make = FunctionDescriptor.of(ValueLayout.ADDRESS);
            var options = (MemorySegment) function("personr_options_new", make).invoke();
            int ignored = (int) function("personr_options_set_base_url", status(3)).invoke(options, url, nothing);
            ignored = (int) function("personr_options_set_credentials_callback", status(5))
                    .invoke(options, callback, nothing, nothing, nothing);
            ignored = (int) function("personr_auth_new", status(5)).invoke(email, nothing, options, auth, nothing);
            MemorySegment handle = auth.get(ValueLayout.ADDRESS, 0);
            int status = (int) function("personr_auth_token", status(3)).invoke(handle, token, nothing);
            var named = FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
            var name = (MemorySegment) function("personr_status_name", named).invoke(status);
            System.out.println(name.reinterpret(Long.MAX_VALUE).getString(0));
            function("personr_auth_free", free).invoke(handle);
            function("personr_options_free", free).invoke(options);
        }
    }
}
