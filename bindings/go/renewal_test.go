package personr_test

import (
	"context"
	"testing"
	"time"

	"personr"
)

// Nobody waits for a renewal while the token in hand is good, but for one if a store of callbacks needs its goroutine.
func TestARenewalHoldsUpNobodyElse(t *testing.T) {
	for name, option := range map[string]personr.Option{
		"memory": personr.WithTokenStore("memory:"),
		"store":  personr.WithStore(newMapStore()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startSandbox(t)
			must(t, s.control("/lifetime", object{"seconds": 6}, nil))
			auth := s.auth(t, option, personr.WithRenewBefore(time.Hour)) // half of its life
			first, err := auth.Authorization(t.Context())
			must(t, err)
			for auth.State() == personr.StateGood {
				time.Sleep(10 * time.Millisecond)
			}
			equal(t, "state", auth.State(), personr.StateRenewing)

			s.fault(t, "api-basic-auth", "hold")
			renewal := make(chan error, 1)
			go func() { _, err := auth.Token(context.Background()); renewal <- err }()
			s.waitUntil(t, "the renewal is out", func(c counters) bool { return c.Held == 1 })
			for range 10 {
				header, err := auth.Authorization(t.Context())
				must(t, err)
				equal(t, "the token in hand is handed out", header == first, true)
				_, err = auth.Token(t.Context())
				must(t, err)
			}
			equal(t, "the renewal is still out", s.counters(t).Held, 1)
			s.release(t)
			must(t, <-renewal)
			s.waitUntil(t, "the renewal has ended", func(c counters) bool { return c.Issued == 2 })
			for auth.State() != personr.StateGood {
				_, err := auth.Token(t.Context())
				must(t, err)
				time.Sleep(10 * time.Millisecond)
			}
			second, err := auth.Authorization(t.Context())
			must(t, err)
			equal(t, "another token", first != second, true)
			equal(t, "logins", s.counters(t).Logins, 2)
		})
	}
}
