// Logs in, creates an applicant, and prints its id. .NET 5 or later, or Mono (Debian: mono-mcs, mono-runtime).
//
//     $ mcs -out:applicant.exe Applicant.cs && mono applicant.exe
using System;
using System.Runtime.InteropServices;
using static Native;

// A handle of the library: freed once, and never while a call has it.
abstract class Handle : SafeHandle {
    protected Handle() : base(IntPtr.Zero, true) { }
    public override bool IsInvalid { get { return handle == IntPtr.Zero; } }
    protected abstract void Free();
    protected override bool ReleaseHandle() { Free(); return true; }
}
class Options : Handle { protected override void Free() { personr_options_free(handle); } }
class Auth : Handle { protected override void Free() { personr_auth_free(handle); } }
class Token : Handle { protected override void Free() { personr_token_free(handle); } }
class Request : Handle { protected override void Free() { personr_request_free(handle); } }
class Response : Handle { protected override void Free() { personr_response_free(handle); } }
class Error : Handle { protected override void Free() { personr_error_free(handle); } }

// A string that comes back is an IntPtr here: what a result of type string points to would be freed by the runtime.
static class Native {
    const string Library = "libpersonr.so.0";
    [DllImport(Library)] public static extern void personr_options_free(IntPtr options);
    [DllImport(Library)] public static extern void personr_auth_free(IntPtr auth);
    [DllImport(Library)] public static extern void personr_token_free(IntPtr token);
    [DllImport(Library)] public static extern void personr_request_free(IntPtr request);
    [DllImport(Library)] public static extern void personr_response_free(IntPtr response);
    [DllImport(Library)] public static extern void personr_error_free(IntPtr error);
    [DllImport(Library)] public static extern IntPtr personr_status_name(int status);
    [DllImport(Library)] public static extern IntPtr personr_error_reason(Error error);
    [DllImport(Library)] public static extern IntPtr personr_error_message(Error error);
    [DllImport(Library)] public static extern Options personr_options_new();
    [DllImport(Library)] public static extern int personr_options_set_base_url(Options it, string url, out Error error);
    [DllImport(Library)] public static extern int personr_options_set_ca_file(Options it, string path, out Error error);
    [DllImport(Library)] public static extern int personr_options_set_token_store(
        Options it, string url, out Error error);
    [DllImport(Library)] public static extern int personr_auth_new(
        string email, string password, Options options, out Auth auth, out Error error);
    [DllImport(Library)] public static extern int personr_auth_token(Auth auth, out Token token, out Error error);
    [DllImport(Library)] public static extern IntPtr personr_token_user_id(Token token);
    [DllImport(Library)] public static extern Request personr_request_new(string endpoint);
    [DllImport(Library)] public static extern int personr_request_add_text(
        Request request, string name, string value, IntPtr error);
    [DllImport(Library)] public static extern int personr_request_send(
        Auth auth, Request request, out Response response, out Error error);
    [DllImport(Library)] public static extern IntPtr personr_response_json(Response response);
    [DllImport(Library)] public static extern IntPtr personr_json_string(IntPtr json, string pointer);
}

static class Applicant {
    delegate int Setter(Options options, string value, out Error error);

    // Texts are UTF-8 on every system but Windows.
    static string Text(IntPtr text) { return Marshal.PtrToStringAnsi(text); }

    static void Check(int status, Error error) {
        using (error) {
            if (status == 0) return;
            string reason = Text(personr_error_reason(error)), message = Text(personr_error_message(error));
            throw new InvalidOperationException(Text(personr_status_name(status)) + " (" + reason + "): " + message);
        }
    }

    static void Set(Options options, Setter setter, string variable) {
        string value = Environment.GetEnvironmentVariable(variable);
        Error error;
        if (value != null) Check(setter(options, value, out error), error);
    }

    static void Run() {
        Error error; Auth auth; Token token; Response response;
        using (Options options = personr_options_new()) {
            Set(options, personr_options_set_base_url, "PERSONR_BASE_URL");
            Set(options, personr_options_set_ca_file, "PERSONR_CA_FILE");
            Set(options, personr_options_set_token_store, "PERSONR_STORE");
            Check(personr_auth_new(Environment.GetEnvironmentVariable("PERSONR_EMAIL"),
                Environment.GetEnvironmentVariable("PERSONR_PASSWORD"), options, out auth, out error), error);
        }
        using (auth)
        using (Request request = personr_request_new("api-applicant-create")) {
            Check(personr_auth_token(auth, out token, out error), error);
            using (token) Console.WriteLine("user id: " + Text(personr_token_user_id(token)));
            // What is wrong with a field is what the send returns.
            personr_request_add_text(request, "email", "maia@example.com", IntPtr.Zero);
            personr_request_add_text(request, "phone", "+64211234567", IntPtr.Zero);
            personr_request_add_text(request, "flowName", "Individual", IntPtr.Zero);
            Check(personr_request_send(auth, request, out response, out error), error);
            using (response) {
                IntPtr json = personr_response_json(response);
                Console.WriteLine("applicant: " + Text(personr_json_string(json, "/response/applicant_id")));
            }
        }
    }

    static int Main() {
        try { Run(); return 0; }
        catch (InvalidOperationException failure) { Console.Error.WriteLine(failure.Message); return 1; }
    }
}
