package personr

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestAnObjectIsFreedOnceAndNotWhileItIsInUse(t *testing.T) {
	freed := 0
	o := newObject(new(int), func(*int) { freed++ })
	first, second := o.acquire(), o.acquire()
	o.close()
	o.close()
	o.release()
	if freed != 0 || first != second || o.acquire() != nil || o.hold() {
		t.Errorf("in use and closed: freed %d times", freed)
	}
	o.release()
	o.close()
	if freed != 1 {
		t.Errorf("freed %d times", freed)
	}
	var none *object[*int]
	none.close()
	if none.acquire() != nil {
		t.Error("nothing was acquired")
	}
}

func TestManyUseAnObjectWhileItIsClosed(t *testing.T) {
	for range 200 {
		var uses, freed atomic.Int32
		o := newObject(new(int), func(*int) {
			if uses.Load() != 0 {
				t.Error("freed while it is in use")
			}
			freed.Add(1)
		})
		var group sync.WaitGroup
		for range 8 {
			group.Add(1)
			go func() {
				defer group.Done()
				for o.hold() {
					uses.Add(1)
					uses.Add(-1)
					o.release()
				}
			}()
		}
		for range 2 {
			group.Add(1)
			go func() { defer group.Done(); o.close() }()
		}
		group.Wait()
		if freed.Load() != 1 {
			t.Fatalf("freed %d times", freed.Load())
		}
	}
}
