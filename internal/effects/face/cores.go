package face

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// each calls f for 0 to n-1 on every core and returns when all are done. Calls must not depend on each
// other. A panic of f goes on in the caller, who can stop it.
func each(n int, f func(int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	panics := make([]any, min(n, runtime.GOMAXPROCS(0)))
	for worker := range panics {
		wg.Go(func() {
			defer func() { panics[worker] = recover() }()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p)
		}
	}
}
