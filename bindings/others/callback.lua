-- A credentials callback that fails. An error that leaves a callback ends the process, so it catches all, and returns
-- 0, which is a failure: no login is made.
--
--     $ luajit callback.lua "$(pkg-config --variable=includedir personr)/personr.ffi.h"
local ffi = require("ffi")
ffi.cdef(assert(io.open(arg[1])):read("*a"))
local lib = ffi.load("libpersonr.so.0")

local callback = ffi.cast("personr_credentials_fn", function(user_data, email, password, capacity)
    local is_done = pcall(function()
        ffi.copy(password, os.getenv("PERSONR_PASSWORD"))
        error("on purpose")
    end)
    return is_done and lib.PERSONR_CALLBACK_OK or 0
end)
local options = ffi.gc(lib.personr_options_new(), lib.personr_options_free)
lib.personr_options_set_base_url(options, os.getenv("PERSONR_BASE_URL"), nil)
lib.personr_options_set_credentials_callback(options, callback, nil, nil, nil)
local auth, token = ffi.new("personr_auth *[1]"), ffi.new("personr_token *[1]")
lib.personr_auth_new(os.getenv("PERSONR_EMAIL"), nil, options, auth, nil)

-- A call that is compiled cannot call back.
local function ask()
    return lib.personr_auth_token(auth[0], token, nil)
end
jit.off(ask)
print(ffi.string(lib.personr_status_name(ask())))
lib.personr_auth_free(auth[0])
callback:free()
