// A candidate of client-go's leader election that reports what it does in the same words as the
// project's own candidate processes, so that one checker can read both.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
	"unsafe"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/klog/v2"
)

type settings struct {
	Who                  string  `json:"who"`
	KubeConfigPath       string  `json:"kubeConfigPath"`
	Name                 string  `json:"name"`
	Namespace            string  `json:"namespace"`
	LeaseDurationSeconds float64 `json:"leaseDurationSeconds"`
	RenewDeadlineSeconds float64 `json:"renewDeadlineSeconds"`
	RetryPeriodSeconds   float64 `json:"retryPeriodSeconds"`
	OnLost               string  `json:"onLost"`
}

var (
	who  string
	lock sync.Mutex
)

// machineNow is CLOCK_MONOTONIC in milliseconds, which all processes of a machine share.
func machineNow() float64 {
	var t syscall.Timespec
	const clockMonotonic = 1
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		panic(errno)
	}
	return float64(t.Sec)*1e3 + float64(t.Nsec)/1e6
}

func report(event string, fields map[string]any) {
	line := map[string]any{"at": machineNow(), "who": who, "event": event}
	for key, value := range fields {
		line[key] = value
	}
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	lock.Lock()
	defer lock.Unlock()
	fmt.Println(string(text))
}

func main() {
	klog.SetOutput(os.Stderr)
	klog.LogToStderr(false)
	var s settings
	if err := json.Unmarshal([]byte(os.Args[1]), &s); err != nil {
		panic(err)
	}
	who = s.Who
	config, err := clientcmd.BuildConfigFromFlags("", s.KubeConfigPath)
	if err != nil {
		panic(err)
	}
	client := kubernetes.NewForConfigOrDie(config)
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	go exitWithParent()
	report("up", nil)
	for ctx.Err() == nil {
		campaign(ctx, client, s)
		if s.OnLost != "rejoin" {
			break
		}
		time.Sleep(time.Second)
	}
	report("ended", map[string]any{"outcome": map[string]any{"reason": "stopped", "released": true}})
}

func campaign(ctx context.Context, client *kubernetes.Clientset, s settings) {
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Name: s.Name, Namespace: s.Namespace},
			Client:     client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: s.Who},
		},
		LeaseDuration:   seconds(s.LeaseDurationSeconds),
		RenewDeadline:   seconds(s.RenewDeadlineSeconds),
		RetryPeriod:     seconds(s.RetryPeriodSeconds),
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: work,
			OnStoppedLeading: func() { report("stopped", map[string]any{"reason": "client-go"}) },
			OnNewLeader:      func(identity string) { report("sees", map[string]any{"leader": identity}) },
		},
	})
	if err != nil {
		panic(err)
	}
	elector.Run(ctx)
}

// work is what a leader does: here, to say that it is alive, for as long as its context is. That is
// what client-go tells programs to go by.
func work(ctx context.Context) {
	report("started", map[string]any{"token": "0"})
	report("leads", nil)
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	lastTrue := machineNow()
	for {
		now := machineNow()
		if ctx.Err() != nil {
			report("signalAborted", nil)
			report("leadsNoMore", map[string]any{"lastTrue": lastTrue})
			return
		}
		lastTrue = now
		<-ticker.C
	}
}

// exitWithParent ends the process when the pipe to the test that started it is closed.
func exitWithParent() {
	buffer := make([]byte, 1)
	for {
		if _, err := os.Stdin.Read(buffer); err != nil {
			os.Exit(0)
		}
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
