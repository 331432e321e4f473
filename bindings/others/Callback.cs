// A credentials callback that fails. An exception must not leave a callback: .NET ends the process, and under Mono it
// leaves the library behind in the middle. So it catches all, and returns 0, which is a failure: no login is made.
//
//     $ mcs -out:callback.exe Callback.cs && mono callback.exe
using System;
using System.Runtime.InteropServices;
using System.Text;

static class Callback {
    const string Library = "libpersonr.so.0";
    delegate int Credentials(IntPtr userData, IntPtr email, IntPtr password, UIntPtr capacity);
    [DllImport(Library)] static extern IntPtr personr_options_new();
    [DllImport(Library)] static extern void personr_options_free(IntPtr options);
    [DllImport(Library)] static extern int personr_options_set_base_url(IntPtr options, string url, IntPtr error);
    [DllImport(Library)] static extern int personr_options_set_credentials_callback(
        IntPtr options, Credentials callback, IntPtr userData, IntPtr free, IntPtr error);
    [DllImport(Library)] static extern int personr_auth_new(
        string email, string password, IntPtr options, out IntPtr auth, IntPtr error);
    [DllImport(Library)] static extern int personr_auth_token(IntPtr auth, out IntPtr token, IntPtr error);
    [DllImport(Library)] static extern void personr_auth_free(IntPtr auth);
    [DllImport(Library)] static extern IntPtr personr_status_name(int status);

    static int Ask(IntPtr userData, IntPtr email, IntPtr password, UIntPtr capacity) {
        try {
            byte[] secret = Encoding.UTF8.GetBytes(Environment.GetEnvironmentVariable("PERSONR_PASSWORD") + "\0");
            Marshal.Copy(secret, 0, password, secret.Length);
            throw new InvalidOperationException("on purpose");
        }
        catch (Exception) { return 0; }
    }

    static void Main() {
        IntPtr auth, token, options = personr_options_new();
        Credentials callback = Ask;
        personr_options_set_base_url(options, Environment.GetEnvironmentVariable("PERSONR_BASE_URL"), IntPtr.Zero);
        personr_options_set_credentials_callback(options, callback, IntPtr.Zero, IntPtr.Zero, IntPtr.Zero);
        string email = Environment.GetEnvironmentVariable("PERSONR_EMAIL");
        personr_auth_new(email, null, options, out auth, IntPtr.Zero);
        int status = personr_auth_token(auth, out token, IntPtr.Zero);
        Console.WriteLine(Marshal.PtrToStringAnsi(personr_status_name(status)));
        personr_auth_free(auth);
        personr_options_free(options);
        // The collector does not know that the library has it.
        GC.KeepAlive(callback);
    }
}
