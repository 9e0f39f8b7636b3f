// A candidate of client-go's leader election that reports what it does in the same words as the
// project's own candidate processes, so that one checker can read both.
package main

import (
	"context"
	"encoding/json"
	"os"
	"os/signal"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/klog/v2"

	"k8s-leader-election/test/peers/client-go/peer"
)

type settings struct {
	Who            string `json:"who"`
	KubeConfigPath string `json:"kubeConfigPath"`
	Name           string `json:"name"`
	Namespace      string `json:"namespace"`
	OnLost         string `json:"onLost"`
	peer.Timings
}

var s settings

func report(event string, more peer.Fields) {
	fields := peer.Fields{"who": s.Who}
	for key, value := range more {
		fields[key] = value
	}
	peer.Report(event, fields)
}

func main() {
	klog.SetOutput(os.Stderr)
	klog.LogToStderr(false)
	if err := json.Unmarshal([]byte(os.Args[1]), &s); err != nil {
		panic(err)
	}
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
		campaign(ctx, client)
		if s.OnLost != "rejoin" {
			break
		}
		time.Sleep(time.Second)
	}
	report("ended", peer.Fields{"outcome": peer.Fields{"reason": "stopped", "released": true}})
}

func campaign(ctx context.Context, client *kubernetes.Clientset) {
	lease := metav1.ObjectMeta{Name: s.Name, Namespace: s.Namespace}
	peer.Campaign(ctx, client, lease, s.Who, s.Timings, leaderelection.LeaderCallbacks{
		OnStartedLeading: work,
		OnStoppedLeading: func() { report("stopped", peer.Fields{"reason": "client-go"}) },
		OnNewLeader:      func(identity string) { report("sees", peer.Fields{"leader": identity}) },
	})
}

// work is what a leader does: here, to say that it is alive, for as long as its context is. That is
// what client-go tells programs to go by.
func work(ctx context.Context) {
	report("started", peer.Fields{"token": "0"})
	report("leads", nil)
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	lastTrue := peer.MachineNow()
	for {
		now := peer.MachineNow()
		if ctx.Err() != nil {
			report("signalAborted", nil)
			report("leadsNoMore", peer.Fields{"lastTrue": lastTrue})
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
