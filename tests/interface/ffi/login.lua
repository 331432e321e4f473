-- Logs in by LuaJIT: login.lua personr.ffi.h libpersonr.so.
local ffi = require("ffi")
ffi.cdef(assert(io.open(arg[1])):read("*a"))
local lib = ffi.load(arg[2])
local err = ffi.new("personr_error *[1]")

local function check(status)
    if status ~= lib.PERSONR_OK then
        local name, message = lib.personr_status_name(status), lib.personr_error_message(err[0])
        error(ffi.string(name) .. ": " .. ffi.string(message))
    end
end

local options = lib.personr_options_new()
check(lib.personr_options_set_base_url(options, os.getenv("PERSONR_BASE_URL"), err))
check(lib.personr_options_set_ca_file(options, os.getenv("PERSONR_CA_FILE"), err))

local auth = ffi.new("personr_auth *[1]")
check(lib.personr_auth_new(os.getenv("PERSONR_EMAIL"), os.getenv("PERSONR_PASSWORD"), options, auth, err))
lib.personr_options_free(options)

local authorization = ffi.new("char[?]", lib.PERSONR_AUTHORIZATION_MAX)
check(lib.personr_auth_authorization(auth[0], authorization, lib.PERSONR_AUTHORIZATION_MAX, nil, err))
print("libpersonr " .. ffi.string(lib.personr_library_version()) .. ": " .. ffi.string(authorization, 13) .. "...")
lib.personr_auth_free(auth[0])
