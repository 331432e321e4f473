package personr_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"personr"
)

// mapStore keeps records in memory.
type mapStore struct {
	mutex   sync.Mutex
	records map[string][]byte
	owners  map[string]string
}

func newMapStore() *mapStore {
	return &mapStore{records: map[string][]byte{}, owners: map[string]string{}}
}

func (s *mapStore) Load(key string) ([]byte, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.records[key], nil
}

func (s *mapStore) Save(key, owner string, record []byte) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.owners[key] != owner {
		return personr.ErrStoreBusy
	}
	s.records[key] = record
	return nil
}

func (s *mapStore) Lock(key, owner string, wait, lease time.Duration) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if holder := s.owners[key]; holder != "" && holder != owner {
		return personr.ErrStoreBusy
	}
	s.owners[key] = owner
	return nil
}

func (s *mapStore) Unlock(key, owner string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.owners[key] == owner {
		delete(s.owners, key)
	}
	return nil
}

func TestAStoreOfOnesOwnIsShared(t *testing.T) {
	s := startSandbox(t)
	store := newMapStore()
	first := s.auth(t, personr.WithStore(store))
	// Another library's handles would not share by memory; nor do these, which differ in who tells the password.
	second, err := personr.New(s.Email, "", s.options(personr.WithStore(store),
		personr.WithCredentials(func(string) (string, error) { return s.Password, nil }))...)
	must(t, err)
	defer second.Close()
	for _, auth := range []*personr.Auth{first, second} {
		_, err := auth.Authorization(t.Context())
		must(t, err)
	}
	equal(t, "logins", s.counters(t).Logins, 1)
	equal(t, "records", len(store.records), 1)
	equal(t, "locks that are held still", len(store.owners), 0)
}

// throwing is a store of which every method panics.
type throwing struct{}

func (throwing) Load(string) ([]byte, error)                             { panic("load") }
func (throwing) Save(string, string, []byte) error                       { panic("save") }
func (throwing) Lock(string, string, time.Duration, time.Duration) error { panic("lock") }
func (throwing) Unlock(string, string) error                             { panic("unlock") }

// failing is a store whose lock fails.
type failing struct{ *mapStore }

var errDatabase = errors.New("the database is away")

func (failing) Lock(string, string, time.Duration, time.Duration) error { return errDatabase }

// huge is a store whose record is too long.
type huge struct{ *mapStore }

func (huge) Load(string) ([]byte, error) { return make([]byte, 1<<20), nil }

func TestNoLoginBehindAStoreThatFails(t *testing.T) {
	s := startSandbox(t)
	for want, store := range map[string]personr.Store{
		"panic in Store.Load: load":    throwing{},
		"the database is away":         failing{newMapStore()},
		"1048576 bytes is too long":    huge{newMapStore()},
		"panic in Store.Load: runtime": failing{}, // a nil pointer
	} {
		_, err := s.auth(t, personr.WithStore(store)).Token(t.Context())
		var e *personr.Error
		if !errors.As(err, &e) || !errors.Is(err, personr.ErrStore) || e.Reason != "store-callback" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	_, err := s.auth(t, personr.WithStore(failing{newMapStore()})).Token(t.Context())
	equal(t, "the store's error is wrapped", errors.Is(err, errDatabase), true)
	equal(t, "logins", s.counters(t).Logins, 0)
}

func TestThePasswordIsAskedFor(t *testing.T) {
	s := startSandbox(t)
	asked := ""
	auth, err := personr.New(s.Email, "", s.options(personr.WithCredentials(func(email string) (string, error) {
		asked = email
		return s.Password, nil
	}))...)
	must(t, err)
	defer auth.Close()
	_, err = auth.Authorization(t.Context())
	must(t, err)
	equal(t, "asked for", asked, s.Email)

	errVault := errors.New("the vault is locked")
	for name, tell := range map[string]func(string) (string, error){
		"an error":            func(string) (string, error) { return "", errVault },
		"a panic":             func(string) (string, error) { panic(errVault) },
		"a NUL":               func(string) (string, error) { return "p\x00q", nil },
		"an empty password":   func(string) (string, error) { return "", nil },
		"a password too long": func(string) (string, error) { return strings.Repeat("p", 1025), nil },
	} {
		other, err := personr.New("other@example.com", "", s.options(personr.WithCredentials(tell))...)
		must(t, err)
		_, err = other.Authorization(t.Context())
		if !errors.Is(err, personr.ErrCredentials) {
			t.Errorf("%s: %v", name, err)
		}
		equal(t, name+" is wrapped", errors.Is(err, errVault), name == "an error")
		other.Close()
	}
	equal(t, "logins", s.counters(t).Logins, 1)
}

// A call from inside a callback would wait for itself.
func TestACallFromInsideACallbackIsRefused(t *testing.T) {
	s := startSandbox(t)
	var auth *personr.Auth
	var inside []error
	auth, err := personr.New(s.Email, "", s.options(personr.WithCredentials(func(string) (string, error) {
		_, token := auth.Token(context.Background())
		_, header := auth.Authorization(context.Background())
		_, login := auth.Login(context.Background())
		_, do := auth.Do(context.Background(), createApplicant())
		inside = append(inside, token, header, login, do)
		equal(t, "state", auth.State(), personr.StateEmpty)
		return s.Password, nil
	}))...)
	must(t, err)
	defer auth.Close()
	_, err = auth.Token(t.Context())
	must(t, err)
	equal(t, "calls from inside", len(inside), 4)
	for _, err := range inside {
		var e *personr.Error
		if !errors.As(err, &e) || e.Reason != "reentrant" {
			t.Errorf("from inside: %v", err)
		}
	}
}

type record struct {
	level       slog.Level
	event, text string
}

// records is a slog.Handler that keeps what it is told.
type records struct {
	slog.Handler
	mutex sync.Mutex
	all   []record
}

func (r *records) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

func (r *records) Handle(_ context.Context, told slog.Record) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	told.Attrs(func(a slog.Attr) bool {
		r.all = append(r.all, record{told.Level, a.Value.String(), told.Message})
		return true
	})
	return nil
}

func TestLoginsAreLogged(t *testing.T) {
	s := startSandbox(t)
	log := &records{}
	auth := s.auth(t, personr.WithLogger(slog.New(log)))
	header, err := auth.Authorization(t.Context())
	must(t, err)
	_, err = auth.Do(t.Context(), createApplicant()) // "request" is below the logger's level
	must(t, err)
	wrong, err := personr.New(s.Email, "wrong", s.options(personr.WithLogger(slog.New(log)))...)
	must(t, err)
	defer wrong.Close()
	_, err = wrong.Authorization(t.Context())
	equal(t, "refused", errors.Is(err, personr.ErrInvalidCredentials), true)

	var events []string
	for _, r := range log.all {
		events = append(events, r.level.String()+" "+r.event)
		if strings.Contains(r.text, strings.TrimPrefix(header, "Bearer ")) || strings.Contains(r.text, s.Password) {
			t.Error("a secret is in the log")
		}
	}
	equal(t, "events", strings.Join(events, ", "), "INFO login, ERROR refused")
}

// What an option was given goes when the last Auth goes that has it, and not before.
func TestCallbacksAreCollectedAfterTheirLastOwner(t *testing.T) {
	s := startSandbox(t)
	collected := make(chan struct{})
	auth := func() *personr.Auth {
		store := newMapStore()
		runtime.AddCleanup(store, func(struct{}) { close(collected) }, struct{}{})
		return s.auth(t, personr.WithStore(store))
	}()
	runtime.GC()
	_, err := auth.Token(t.Context())
	must(t, err)
	select {
	case <-collected:
		t.Fatal("the store was collected before its Auth was closed")
	default:
	}
	auth.Close()
	for end := time.Now().Add(10 * time.Second); ; {
		runtime.GC()
		select {
		case <-collected:
			return
		case <-time.After(5 * time.Millisecond):
			if time.Now().After(end) {
				t.Fatal("the store is held for ever")
			}
		}
	}
}

// waiting is a slog.Handler that waits for another goroutine's call.
type waiting struct {
	slog.Handler
	auth *personr.Auth
	told chan error
}

func (w *waiting) Enabled(context.Context, slog.Level) bool { return true }

func (w *waiting) Handle(context.Context, slog.Record) error {
	result := make(chan error, 1)
	go func() { _, err := w.auth.Token(context.Background()); result <- err }()
	select {
	case err := <-result:
		w.told <- err
	case <-time.After(5 * time.Second):
		w.told <- errors.New("the other goroutine waits for this one")
	}
	return nil
}

// What is told late is told by a call that has its token already, which must hold up no other.
func TestALoggerMayWaitForAnotherGoroutine(t *testing.T) {
	s := startSandbox(t)
	s.fault(t, "api-basic-auth", "hold")
	handler := &waiting{told: make(chan error, 10)}
	auth := s.auth(t, personr.WithLogger(slog.New(handler)))
	handler.auth = auth

	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { _, err := auth.Token(ctx); result <- err }()
	s.waitUntil(t, "the login is out", func(c counters) bool { return c.Held == 1 })
	cancel()
	equal(t, "cancelled", errors.Is(<-result, context.Canceled), true)
	s.release(t)
	for auth.State() != personr.StateGood {
		time.Sleep(time.Millisecond)
	}
	_, err := auth.Token(t.Context())
	must(t, err)
	must(t, <-handler.told)
}
