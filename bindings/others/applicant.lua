-- Logs in, creates an applicant, and prints its id. Debian: luajit. The first argument is personr.ffi.h.
--
--     $ luajit applicant.lua "$(pkg-config --variable=includedir personr)/personr.ffi.h"
local ffi = require("ffi")
ffi.cdef(assert(io.open(arg[1])):read("*a"))
local lib = ffi.load("libpersonr.so.0")

-- Calls a function that can fail. Its last argument is the place for its error.
local function check(call, ...)
    local place = ffi.new("personr_error *[1]")
    local arguments, count = { ... }, select("#", ...)
    arguments[count + 1] = place
    local status = call(unpack(arguments, 1, count + 1))
    if status ~= lib.PERSONR_OK then
        local err = ffi.gc(place[0], lib.personr_error_free)
        local name, reason = lib.personr_status_name(status), lib.personr_error_reason(err)
        local message = lib.personr_error_message(err)
        error(("%s (%s): %s"):format(ffi.string(name), ffi.string(reason), ffi.string(message)), 0)
    end
end

-- The collector frees a handle when nothing refers to it any more.
local function output(kind, call, ...)
    local place = ffi.new("personr_" .. kind .. " *[1]")
    local arguments, count = { ... }, select("#", ...)
    arguments[count + 1] = place
    check(call, unpack(arguments, 1, count + 1))
    return ffi.gc(place[0], lib["personr_" .. kind .. "_free"])
end

local function main()
    local options = ffi.gc(lib.personr_options_new(), lib.personr_options_free)
    for variable, name in pairs({ BASE_URL = "base_url", CA_FILE = "ca_file", STORE = "token_store" }) do
        local value = os.getenv("PERSONR_" .. variable)
        if value then check(lib["personr_options_set_" .. name], options, value) end
    end
    local email, password = os.getenv("PERSONR_EMAIL"), os.getenv("PERSONR_PASSWORD")
    local auth = output("auth", lib.personr_auth_new, email, password, options)
    local token = output("token", lib.personr_auth_token, auth)
    print("user id: " .. ffi.string(lib.personr_token_user_id(token)))

    -- What is wrong with a field is what the send returns.
    local request = ffi.gc(lib.personr_request_new("api-applicant-create"), lib.personr_request_free)
    lib.personr_request_add_text(request, "email", "maia@example.com", nil)
    lib.personr_request_add_text(request, "phone", "+64211234567", nil)
    lib.personr_request_add_text(request, "flowName", "Individual", nil)
    local response = output("response", lib.personr_request_send, auth, request)
    -- Borrowed from the response, which must not be collected before.
    local json = lib.personr_response_json(response)
    print("applicant: " .. ffi.string(lib.personr_json_string(json, "/response/applicant_id")))
    return response
end

local is_done, message = pcall(main)
collectgarbage()
if not is_done then
    io.stderr:write(message, "\n")
    os.exit(1)
end
