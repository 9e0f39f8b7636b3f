// Package peer is what the programs of this module have in common: how they ask client-go for an
// election, and how they say what happens.
package peer

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"syscall"
	"time"
	"unsafe"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// Timings are a part of the settings that a program gets as JSON.
type Timings struct {
	LeaseDurationSeconds float64 `json:"leaseDurationSeconds"`
	RenewDeadlineSeconds float64 `json:"renewDeadlineSeconds"`
	RetryPeriodSeconds   float64 `json:"retryPeriodSeconds"`
}

// Campaign stands for election until the context ends or the leadership is lost.
func Campaign(
	ctx context.Context,
	client kubernetes.Interface,
	lease metav1.ObjectMeta,
	identity string,
	timings Timings,
	callbacks leaderelection.LeaderCallbacks,
) {
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  lease,
			Client:     client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: identity},
		},
		LeaseDuration:   seconds(timings.LeaseDurationSeconds),
		RenewDeadline:   seconds(timings.RenewDeadlineSeconds),
		RetryPeriod:     seconds(timings.RetryPeriodSeconds),
		ReleaseOnCancel: true,
		Callbacks:       callbacks,
	})
	if err != nil {
		panic(err)
	}
	elector.Run(ctx)
}

// Fields are what a report says beside the time and the event.
type Fields map[string]any

var printing sync.Mutex

// Report prints one line of JSON.
func Report(event string, fields Fields) {
	line := Fields{"at": MachineNow(), "event": event}
	for key, value := range fields {
		line[key] = value
	}
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	printing.Lock()
	defer printing.Unlock()
	fmt.Println(string(text))
}

// MachineNow is CLOCK_MONOTONIC in milliseconds, which all processes of a machine share.
func MachineNow() float64 {
	var t syscall.Timespec
	const clockMonotonic = 1
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		panic(errno)
	}
	return float64(t.Sec)*1e3 + float64(t.Nsec)/1e6
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
