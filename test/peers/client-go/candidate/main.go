// A candidate of client-go's leader election that reports what it does in the same words as the
// project's own candidate processes, so that one checker can read both.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
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
	// In a pod: the folder of the files in which candidates report, there being nobody who reads their pipes.
	Reports string `json:"reports"`
	peer.Timings
}

var s settings

func report(event string, more peer.Fields) {
	fields := peer.Fields{"who": s.Who}
	if s.Reports != "" {
		fields["pod"] = os.Getenv("POD_NAME")
	}
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
	if s.Reports != "" {
		reportFromPod()
	}
	// Without a path it is that of the pod.
	config, err := clientcmd.BuildConfigFromFlags("", s.KubeConfigPath)
	if err != nil {
		panic(err)
	}
	client := kubernetes.NewForConfigOrDie(config)
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	if s.Reports == "" {
		go exitWithParent()
	}
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
	said := lastTrue
	for {
		now := peer.MachineNow()
		if ctx.Err() != nil {
			report("signalAborted", nil)
			report("leadsNoMore", peer.Fields{"lastTrue": lastTrue})
			return
		}
		lastTrue = now
		// What is killed in a pod can say nothing else any more.
		if s.Reports != "" && now-said > 20 {
			report("stillLeads", nil)
			said = now
		}
		<-ticker.C
	}
}

// reportFromPod reports to a file that outlives the container. Each start of it is another candidate.
func reportFromPod() {
	pod := os.Getenv("POD_NAME")
	s.Who = fmt.Sprintf("%s@%.0f", pod, peer.MachineNow())
	path := filepath.Join(s.Reports, pod+".jsonl")
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		panic(err)
	}
	os.Stdout = file
	hungry := make(chan os.Signal, 1)
	signal.Notify(hungry, syscall.SIGUSR2)
	go eatMemory(hungry)
}

// eatMemory takes more than the pod may have, when it is told to.
func eatMemory(told <-chan os.Signal) {
	<-told
	var eaten [][]byte
	for {
		eaten = append(eaten, bytes.Repeat([]byte{1}, 16<<20))
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
