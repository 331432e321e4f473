// Package personr logs in to Personr's API, keeps the token usable, and sends the requests that the token is for. It
// stands on the C library libpersonr, which must be installed.
//
//	auth, err := personr.New(email, password)
//	if err != nil {
//		return err
//	}
//	defer auth.Close()
//
//	request := personr.NewRequest("api-applicant-status").AddText("applicantId", id).SetRepeatable(true)
//	response, err := auth.Do(ctx, request)
//	if err != nil {
//		return err
//	}
//	defer response.Close()
//	fmt.Println(response.JSON().Text("/result/Status"))
//
// Make one [Auth] for each account, and share it between all goroutines: any login ends the token of the login before
// it. For requests by net/http there is [Transport]; for any other client, [Auth.Authorization].
//
// # Waiting
//
// A call that waits for the network holds no thread of the operating system: the descriptor of the library's operation
// is watched by Go's network poller. Every call that may wait takes a [context.Context]. When the context ends, the
// call returns at once, with an [*Error] that wraps ctx.Err(). A login that has reached the service goes on nevertheless,
// so that its token is not lost, and the next call finds it.
//
// # Errors
//
// Every error is an [*Error]. The package's constants of type [Status] are for [errors.Is]:
//
//	switch {
//	case errors.Is(err, personr.ErrInvalidCredentials):
//		// another password is needed
//	case errors.Is(err, personr.ErrRateLimited):
//		// later
//	}
//
// # Closing
//
// Auth, Request, Response and Document hold memory of the C library, which the garbage collector does not see.
// Close gives it back, and wipes the secrets in it, at once; without Close that happens some time after the last use.
// Close may be called at any time, also while other goroutines make calls: theirs go on to their end, and later calls
// return [ErrClosed].
package personr
