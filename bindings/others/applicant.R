# Logs in, creates an applicant, and prints its id. Debian: r-base-core. personr-r.c is the part of it in C.
#
#     $ PKG_LIBS=-lpersonr R CMD SHLIB personr-r.c >/dev/null && Rscript applicant.R
dyn.load("personr-r.so")

tryCatch({
  settings <- Sys.getenv(c("PERSONR_BASE_URL", "PERSONR_CA_FILE", "PERSONR_STORE"), unset = NA)
  auth <- .Call("r_auth", Sys.getenv("PERSONR_EMAIL"), Sys.getenv("PERSONR_PASSWORD"), settings)
  cat("user id: ", .Call("r_user_id", auth), "\n", sep = "")

  fields <- c(email = "maia@example.com", phone = "+64211234567", flowName = "Individual")
  applicant <- .Call("r_send", auth, "api-applicant-create", fields, "/response/applicant_id")
  cat("applicant: ", applicant, "\n", sep = "")
}, error = function(failure) {
  message(conditionMessage(failure))
  quit(status = 1)
})
# The collector frees the handle, at the latest when R ends.
