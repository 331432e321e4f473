package personr

import (
	"errors"
	"time"
)

// ErrStoreBusy is what [Store.Lock] returns if another owner holds the lock, and [Store.Save] if the lock was lost.
var ErrStoreBusy = errors.New("personr: another owner holds the lock of the store")

// Store keeps the records of accounts, in a database say. Who shares a store shares its tokens. The records hold tokens
// in clear: keep them as you would keep a password.
//
// The methods are called by whatever goroutine makes a call, maybe by several at once. They must return: a panic is
// caught and is a failure, but [runtime.Goexit] (and so testing.T.FailNow) ends the process. A call of this package on
// an Auth from inside one fails with the reason "reentrant". An error, but for [ErrStoreBusy], fails the call that needs
// the store with [ErrStore], and is wrapped by its error; no login is made behind a store that fails.
//
// The key stands for the account: 64 hexadecimal digits. The owner stands for one login: 32 hexadecimal digits that
// nobody else has.
type Store interface {
	// Load returns the record as it was before or after a Save, whole; nil if there is none. It is also called without
	// the lock.
	Load(key string) ([]byte, error)
	// Save replaces the record, whole or not at all. If the lock is no longer the owner's, it writes nothing and returns
	// ErrStoreBusy.
	Save(key, owner string, record []byte) error
	// Lock takes the lock of the key: one holder at a time, of all goroutines, processes and machines that share the
	// store. It may wait as long as wait says, or return ErrStoreBusy at once: it is asked again. A lock that is not given
	// back ends after the lease, and not before. An owner that asks again for its own lock gets it.
	Lock(key, owner string, wait, lease time.Duration) error
	// Unlock gives the lock back, unless another owner holds it by now. An error fails no call.
	Unlock(key, owner string) error
}
