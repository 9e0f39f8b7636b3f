// A process with any number of candidates of client-go's leader election, for the benchmark. What
// it is told and what it says is described in test/bench/world/protocol.ts.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/klog/v2"

	"k8s-leader-election/test/peers/client-go/peer"
)

type settings struct {
	Who            string  `json:"who"`
	KubeConfigPath string  `json:"kubeConfigPath"`
	Namespace      string  `json:"namespace"`
	Lock           string  `json:"lock"`
	LockEach       bool    `json:"lockEach"`
	Count          int     `json:"count"`
	StartNow       int     `json:"startNow"`
	ProbeMs        float64 `json:"probeMs"`
	peer.Timings
}

var (
	s       settings
	config  *rest.Config
	cancels = map[int]context.CancelFunc{}
	running sync.WaitGroup
)

func main() {
	klog.SetOutput(io.Discard)
	klog.LogToStderr(false)
	if err := json.Unmarshal([]byte(os.Args[1]), &s); err != nil {
		panic(err)
	}
	var err error
	if config, err = clientcmd.BuildConfigFromFlags("", s.KubeConfigPath); err != nil {
		panic(err)
	}
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	commands := readCommands()
	for i := 0; i < s.StartNow; i++ {
		start(i)
	}
	peer.Report("up", nil)
	for {
		select {
		case <-terminated:
			for _, cancel := range cancels {
				cancel()
			}
			running.Wait()
			return
		case line, open := <-commands:
			// The pipe ends with the benchmark, and this process with it.
			if !open {
				return
			}
			obey(line)
		}
	}
}

func readCommands() <-chan string {
	commands := make(chan string)
	go func() {
		defer close(commands)
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			commands <- lines.Text()
		}
	}()
	return commands
}

func obey(line string) {
	command, argument, _ := strings.Cut(line, " ")
	index, _ := strconv.Atoi(argument)
	switch command {
	case "stop":
		cancels[index]()
	case "start":
		start(index)
	case "startRest":
		for i := s.StartNow; i < s.Count; i++ {
			start(i)
		}
	case "measure":
		runtime.GC()
		runtime.GC()
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		peer.Report("measured", peer.Fields{"heapBytes": memory.HeapAlloc, "stackBytes": memory.StackInuse})
	}
}

func start(index int) {
	who, name := fmt.Sprintf("%s-%d", s.Who, index), s.Lock
	if s.LockEach {
		name = fmt.Sprintf("%s-%d", s.Lock, index)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancels[index] = cancel
	running.Add(1)
	go func() {
		defer running.Done()
		campaign(ctx, who, name)
		peer.Report("ended", peer.Fields{"who": who, "reason": "returned"})
	}()
}

func campaign(ctx context.Context, who string, name string) {
	// A clientset each, so that they do not share one limit of five requests a second. Connections
	// are shared all the same: client-go keeps them by the contents of the configuration.
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		panic(err)
	}
	lease := metav1.ObjectMeta{Name: name, Namespace: s.Namespace}
	peer.Campaign(ctx, client, lease, who, s.Timings, leaderelection.LeaderCallbacks{
		OnStartedLeading: func(ctx context.Context) { work(ctx, who) },
		OnStoppedLeading: func() {},
	})
}

// work goes on for as long as its context does, which is what client-go tells programs to go by.
func work(ctx context.Context, who string) {
	peer.Report("leads", peer.Fields{"who": who})
	<-ctx.Done()
	peer.Report("stopped", peer.Fields{"who": who})
	if s.ProbeMs > 0 {
		peer.Report("leadsNoMore", peer.Fields{"who": who})
	}
}
