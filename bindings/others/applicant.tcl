# Logs in, creates an applicant, and prints its id, by the command personr. Debian: tcl.
#
#     $ tclsh applicant.tcl
proc personr {args} {
    exec personr {*}$args --password-fd 0 << $::env(PERSONR_PASSWORD)
}

if {[catch {
    personr token    ;# logs in, unless there is a good token in the store
    regexp -line {^user-id: (.*)$} [exec personr status] -> user
    puts "user id: $user"

    # What stands in arguments can be read by all users of the machine: "-F email=<FILE" is for what is personal.
    puts "applicant: [personr request api-applicant-create -F email=maia@example.com -F phone=+64211234567 \
        -F flowName=Individual -p /response/applicant_id]"
} message]} {
    puts stderr $message
    exit 1
}
